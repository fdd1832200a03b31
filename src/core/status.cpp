// SPDX-License-Identifier: Apache-2.0
#include "src/core/status.hpp"

#include <cstdarg>
#include <cstdio>

#include "src/core/log.hpp"

namespace jsnorm {

namespace {

constexpr int kMessageBytes = 512;

thread_local char message[kMessageBytes] = "";
thread_local const char *function = "jsnorm";
thread_local int attempts = 0;

}  // namespace

jsnormStatus_t fail(jsnormStatus_t status, const char *format, ...) {
    char attempted[kMessageBytes];
    char *text = attempts > 0 ? attempted : message;
    const int prefix = std::snprintf(text, kMessageBytes, "%s: ", function);
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text + prefix, static_cast<size_t>(kMessageBytes - prefix), format, arguments);
    va_end(arguments);
    log(attempts > 0 ? JSNORM_LOG_INFO : JSNORM_LOG_ERROR, "%s (%s)", text,
        jsnormGetStatusString(status));
    return status;
}

Attempt::Attempt() {
    ++attempts;
}
Attempt::~Attempt() {
    --attempts;
}

const char *last_error() {
    return message;
}

FunctionScope::FunctionScope(const char *name) : previous_(function) {
    function = name;
}
FunctionScope::~FunctionScope() {
    function = previous_;
}

const char *current_function() {
    return function;
}

}  // namespace jsnorm

const char *jsnormGetLastErrorString(void) {
    return jsnorm::last_error();
}

const char *jsnormGetStatusString(jsnormStatus_t status) {
#define JSNORM_NAME(name) \
    case name:            \
        return #name
    switch (status) {
        JSNORM_NAME(JSNORM_STATUS_SUCCESS);
        JSNORM_NAME(JSNORM_STATUS_NOT_INITIALIZED);
        JSNORM_NAME(JSNORM_STATUS_BAD_PARAM);
        JSNORM_NAME(JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
        JSNORM_NAME(JSNORM_STATUS_BAD_PARAM_MISALIGNED_POINTER);
        JSNORM_NAME(JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND);
        JSNORM_NAME(JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT);
        JSNORM_NAME(JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH);
        JSNORM_NAME(JSNORM_STATUS_BAD_PARAM_DATA_TYPE_MISMATCH);
        JSNORM_NAME(JSNORM_STATUS_BAD_PARAM_NOT_MUTABLE);
        JSNORM_NAME(JSNORM_STATUS_BAD_PARAM_DEVICE_MISMATCH);
        JSNORM_NAME(JSNORM_STATUS_BAD_PARAM_ALIASING);
        JSNORM_NAME(JSNORM_STATUS_NOT_SUPPORTED);
        JSNORM_NAME(JSNORM_STATUS_NOT_SUPPORTED_SHAPE);
        JSNORM_NAME(JSNORM_STATUS_NOT_SUPPORTED_DATA_TYPE);
        JSNORM_NAME(JSNORM_STATUS_NOT_SUPPORTED_LAYOUT);
        JSNORM_NAME(JSNORM_STATUS_NOT_SUPPORTED_ARCHITECTURE);
        JSNORM_NAME(JSNORM_STATUS_NOT_SUPPORTED_BACKEND);
        JSNORM_NAME(JSNORM_STATUS_INTERNAL_ERROR);
        JSNORM_NAME(JSNORM_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED);
        JSNORM_NAME(JSNORM_STATUS_EXECUTION_FAILED);
        JSNORM_NAME(JSNORM_STATUS_EXECUTION_FAILED_CUDA);
        JSNORM_NAME(JSNORM_STATUS_EXECUTION_FAILED_DEVICE_LOST);
        case JSNORM_STATUS_FORCE_INT32:
            break;
    }
#undef JSNORM_NAME
    return "JSNORM_STATUS_UNKNOWN";
}
