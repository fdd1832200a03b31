// SPDX-License-Identifier: Apache-2.0
// The floating-point environment of a thread while it computes: to nearest, subnormals honoured, no
// traps. What the caller set (flush-to-zero, another rounding mode, traps) comes back afterwards,
// with the flags that were raised before: results do not depend on it, nor differ between the
// caller's thread and others.
#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#else
#include <cfenv>
#endif

namespace jsnorm {

class FloatEnvironment {
  public:
    FloatEnvironment(const FloatEnvironment &) = delete;
    FloatEnvironment &operator=(const FloatEnvironment &) = delete;

#if defined(__SSE2__)
    FloatEnvironment() : saved_(_mm_getcsr()) {
        _mm_setcsr(kDefault);
    }
    ~FloatEnvironment() {
        _mm_setcsr(saved_);
    }

  private:
    static constexpr unsigned kDefault = 0x1f80;  // every trap masked, every other bit 0
    unsigned saved_;
#else
    FloatEnvironment() {
        std::fegetenv(&saved_);
        std::fesetenv(FE_DFL_ENV);
    }
    ~FloatEnvironment() {
        std::fesetenv(&saved_);
    }

  private:
    std::fenv_t saved_;
#endif
};

}  // namespace jsnorm
