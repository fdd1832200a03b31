// SPDX-License-Identifier: Apache-2.0
// Errors of the libraries beside the core: a status, and one line of text that the thread keeps.
// The core keeps its own text; what it says is taken over where one of its functions fails.
#pragma once

#include "jsnorm/jsnorm.h"

namespace jsnorm::distributed {

// Keeps "<function>: <message>" as this thread's last error and returns `status`.
[[gnu::format(printf, 2, 3)]] jsnormStatus_t fail(jsnormStatus_t status, const char *format, ...);

// Empty before the first failure on this thread.
const char *last_error();

// Names the public function that runs on this thread, for messages.
class Named {
  public:
    explicit Named(const char *function);
    ~Named();
    Named(const Named &) = delete;
    Named &operator=(const Named &) = delete;

  private:
    const char *previous_;
};

// The status of a function of the core, whose text becomes the last error where it failed.
jsnormStatus_t of_core(jsnormStatus_t status);

}  // namespace jsnorm::distributed

#define JSNORM_DISTRIBUTED_REQUIRE(condition, status, ...)                         \
    do {                                                                           \
        if (!(condition)) return ::jsnorm::distributed::fail(status, __VA_ARGS__); \
    } while (false)

#define JSNORM_DISTRIBUTED_TRY(expression)                              \
    do {                                                                \
        const jsnormStatus_t tried_status = (expression);               \
        if (tried_status != JSNORM_STATUS_SUCCESS) return tried_status; \
    } while (false)

#define JSNORM_DISTRIBUTED_CORE(expression) \
    JSNORM_DISTRIBUTED_TRY(::jsnorm::distributed::of_core(expression))
