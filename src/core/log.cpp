// SPDX-License-Identifier: Apache-2.0
#include "src/core/log.hpp"

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace jsnorm {

namespace {

jsnormLogLevel_t level_of_environment() {
    const char *name = std::getenv("JSNORM_LOG_LEVEL");
    if (name == nullptr) return JSNORM_LOG_OFF;
    constexpr const char *kNames[] = {"off", "error", "warn", "info", "trace"};
    for (int32_t level = JSNORM_LOG_OFF; level <= JSNORM_LOG_TRACE; ++level) {
        if (std::strcmp(name, kNames[level]) == 0) return static_cast<jsnormLogLevel_t>(level);
    }
    return JSNORM_LOG_OFF;
}

jsnormLogLevel_t default_level() {
    static const jsnormLogLevel_t level = level_of_environment();  // read once
    return level;
}

struct Sink {
    jsnormLogCallback_t callback = nullptr;
    void *user_data = nullptr;
};

std::mutex sink_mutex;
Sink sink;
constexpr int32_t kUnset = -1;
std::atomic<int32_t> callback_level{kUnset};  // kUnset: no callback, the default applies

void write_to_stderr(jsnormLogLevel_t, const char *message, void *) {
    std::fprintf(stderr, "%s\n", message);
}

}  // namespace

bool log_enabled(jsnormLogLevel_t level) {
    const int32_t active = callback_level.load(std::memory_order_relaxed);
    return level <= (active == kUnset ? static_cast<int32_t>(default_level()) : active);
}

void log(jsnormLogLevel_t level, const char *format, ...) {
    if (!log_enabled(level)) return;
    char line[640];
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    Sink current;
    {
        const std::lock_guard<std::mutex> lock(sink_mutex);
        current = sink;
    }
    if (current.callback == nullptr) current.callback = write_to_stderr;
    current.callback(level, line, current.user_data);
}

void set_log_callback(jsnormLogLevel_t level, jsnormLogCallback_t callback, void *user_data) {
    const std::lock_guard<std::mutex> lock(sink_mutex);
    sink = {callback, callback == nullptr ? nullptr : user_data};
    callback_level = callback == nullptr ? kUnset : static_cast<int32_t>(level);
}

}  // namespace jsnorm
