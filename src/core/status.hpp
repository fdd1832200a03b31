// SPDX-License-Identifier: Apache-2.0
// Errors are values: a status, and one line of text for jsnormGetLastErrorString.
#pragma once

#include "jsnorm/jsnorm.h"

namespace jsnorm {

// Records "<function>: <message>" as this thread's last error and returns `status`. Allocates
// nothing.
[[gnu::format(printf, 2, 3)]] jsnormStatus_t fail(jsnormStatus_t status, const char *format, ...);

// The message that jsnormGetLastErrorString returns.
const char *last_error();

// While one exists on this thread, failures concern nothing that the caller asked for: they are
// logged as information and do not become the last error.
class Attempt {
  public:
    Attempt();
    ~Attempt();
    Attempt(const Attempt &) = delete;
    Attempt &operator=(const Attempt &) = delete;
};

// Names the public function that runs on this thread, for messages; restores the previous name at
// the end of its scope.
class FunctionScope {
  public:
    explicit FunctionScope(const char *name);
    ~FunctionScope();
    FunctionScope(const FunctionScope &) = delete;
    FunctionScope &operator=(const FunctionScope &) = delete;

  private:
    const char *previous_;
};

const char *current_function();

}  // namespace jsnorm

// Keep the good path flat: JSNORM_REQUIRE(condition, status, "what is wrong, with %lld", value),
// JSNORM_TRY(expression).
#define JSNORM_REQUIRE(condition, status, ...)                        \
    do {                                                              \
        if (!(condition)) return ::jsnorm::fail(status, __VA_ARGS__); \
    } while (false)

#define JSNORM_TRY(expression)                                            \
    do {                                                                  \
        const jsnormStatus_t jsnorm_status = (expression);                \
        if (jsnorm_status != JSNORM_STATUS_SUCCESS) return jsnorm_status; \
    } while (false)
