// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/error.hpp"

#include <cstdarg>
#include <cstdio>

namespace jsnorm::distributed {

namespace {

thread_local char error_text[1024] = "";
thread_local const char *running_function = "jsnorm";

}  // namespace

jsnormStatus_t fail(jsnormStatus_t status, const char *format, ...) {
    char message[768];  // before anything is kept: an argument may be the text kept so far
    va_list values;
    va_start(values, format);
    std::vsnprintf(message, sizeof message, format, values);
    va_end(values);
    std::snprintf(error_text, sizeof error_text, "%s: %s", running_function, message);
    return status;
}

const char *last_error() {
    return error_text;
}

Named::Named(const char *function) : previous_(running_function) {
    running_function = function;
}

Named::~Named() {
    running_function = previous_;
}

jsnormStatus_t of_core(jsnormStatus_t status) {
    if (status == JSNORM_STATUS_SUCCESS) return status;
    return fail(status, "%s", jsnormGetLastErrorString());
}

}  // namespace jsnorm::distributed
