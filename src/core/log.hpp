// SPDX-License-Identifier: Apache-2.0
// Log lines go to the caller's callback, or to stderr at the level of JSNORM_LOG_LEVEL.
#pragma once

#include "jsnorm/jsnorm.h"

namespace jsnorm {

// Whether a message of this level would go anywhere.
bool log_enabled(jsnormLogLevel_t level);

// Formats into a fixed buffer: allocates nothing.
[[gnu::format(printf, 2, 3)]] void log(jsnormLogLevel_t level, const char *format, ...);

// callback = NULL restores the default. Any level is accepted; the API checks it.
void set_log_callback(jsnormLogLevel_t level, jsnormLogCallback_t callback, void *user_data);

}  // namespace jsnorm
