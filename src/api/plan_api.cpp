// SPDX-License-Identifier: Apache-2.0
// jsnormGetPlanDescription, and the same text in the log.
#include <algorithm>
#include <cstring>

#include "src/api/operation.hpp"
#include "src/api/operations.hpp"

namespace jsnorm {

void log_lines(jsnormLogLevel_t level, const char *text) {
    while (*text != '\0') {
        const size_t length = std::strcspn(text, "\n");
        log(level, "%s: %.*s", current_function(), static_cast<int>(length), text);
        text += length + (text[length] == '\n' ? 1 : 0);
    }
}

namespace {

jsnormStatus_t describe_operation(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                  jsnormOperation_t operation, const void *args, Text &text) {
#define JSNORM_DESCRIBE(name, function, Args) \
    case name:                                \
        return function(handle, norm, static_cast<const Args *>(args), &text);
    switch (operation) {
        JSNORM_DESCRIBE(JSNORM_FORWARD_TRAINING, forward_training, jsnormForwardTrainingArgs_t)
        JSNORM_DESCRIBE(JSNORM_FORWARD_INFERENCE, forward_inference, jsnormForwardInferenceArgs_t)
        JSNORM_DESCRIBE(JSNORM_BACKWARD, backward, jsnormBackwardArgs_t)
        JSNORM_DESCRIBE(JSNORM_BACKWARD_FIXED_STATISTICS, backward_fixed_statistics,
                        jsnormBackwardFixedStatisticsArgs_t)
        JSNORM_DESCRIBE(JSNORM_FORWARD_STATISTICS, forward_statistics,
                        jsnormForwardStatisticsArgs_t)
        JSNORM_DESCRIBE(JSNORM_FORWARD_FINALIZE, forward_finalize, jsnormForwardFinalizeArgs_t)
        JSNORM_DESCRIBE(JSNORM_FORWARD_APPLY, forward_apply, jsnormForwardApplyArgs_t)
        JSNORM_DESCRIBE(JSNORM_BACKWARD_REDUCE, backward_reduce, jsnormBackwardReduceArgs_t)
        JSNORM_DESCRIBE(JSNORM_BACKWARD_FINALIZE, backward_finalize, jsnormBackwardFinalizeArgs_t)
        JSNORM_DESCRIBE(JSNORM_BACKWARD_APPLY, backward_apply, jsnormBackwardApplyArgs_t)
        default:
            return fail(JSNORM_STATUS_BAD_PARAM, "operation = %d is not a jsnormOperation_t",
                        operation);
    }
#undef JSNORM_DESCRIBE
}

jsnormStatus_t plan_description(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                jsnormOperation_t operation, const void *args, char *buffer,
                                size_t buffer_bytes, size_t *length) {
    JSNORM_REQUIRE(buffer != nullptr || buffer_bytes == 0, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                   "buffer is NULL, but buffer_bytes = %zu", buffer_bytes);
    JSNORM_REQUIRE(buffer != nullptr || length != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                   "buffer and length are both NULL");
    // A rejected call leaves the caller's buffer as it was.
    char whole[4096];
    Text text(whole, sizeof whole);
    JSNORM_TRY(describe_operation(handle, norm, operation, args, text));
    if (buffer_bytes != 0) {
        const size_t copied = std::min(text.length(), buffer_bytes - 1);
        std::memcpy(buffer, whole, copied);
        buffer[copied] = '\0';
    }
    if (length != nullptr) *length = text.length();
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace

}  // namespace jsnorm

jsnormStatus_t jsnormGetPlanDescription(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                        jsnormOperation_t operation, const void *args, char *buffer,
                                        size_t buffer_bytes, size_t *length) {
    return jsnorm::entry("jsnormGetPlanDescription", [&] {
        return jsnorm::plan_description(handle, norm, operation, args, buffer, buffer_bytes,
                                        length);
    });
}
