// SPDX-License-Identifier: Apache-2.0
#include "src/core/log.hpp"

#include "src/api/entry.hpp"

jsnormStatus_t jsnormSetLogCallback(jsnormLogLevel_t level, jsnormLogCallback_t callback,
                                    void *user_data) {
    return jsnorm::entry("jsnormSetLogCallback", [&] {
        JSNORM_REQUIRE(
            callback == nullptr || (level >= JSNORM_LOG_OFF && level <= JSNORM_LOG_TRACE),
            JSNORM_STATUS_BAD_PARAM, "level = %d is not a jsnormLogLevel_t", level);
        jsnorm::set_log_callback(level, callback, user_data);
        return JSNORM_STATUS_SUCCESS;
    });
}
