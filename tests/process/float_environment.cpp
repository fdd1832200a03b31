// SPDX-License-Identifier: Apache-2.0
//
// Whatever floating-point environment the caller has set, results have the same bits, on any number
// of threads; and the caller finds its environment as it was, flags included.

#include <cfenv>
#include <cstring>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include "tests/process/layer.hpp"

namespace {

using jsnorm::test::require;

struct Setting {
    const char *name;
    void (*apply)();
};

constexpr Setting kSettings[] = {
    {"to nearest", [] { std::fesetround(FE_TONEAREST); }},
    {"upward", [] { std::fesetround(FE_UPWARD); }},
    {"downward", [] { std::fesetround(FE_DOWNWARD); }},
    {"toward zero", [] { std::fesetround(FE_TOWARDZERO); }},
#if defined(__SSE2__)
    {"flush to zero, denormals are zero", [] { _mm_setcsr(_mm_getcsr() | 0x8040); }},
    // Division by zero, overflow and invalid operations end the process.
    {"traps", [] { _mm_setcsr((_mm_getcsr() & ~0x0680u) & ~0x3fu); }},
#endif
};

// The environment as numbers that can be compared.
struct State {
    int rounding = std::fegetround();
    int flags = std::fetestexcept(FE_ALL_EXCEPT);
#if defined(__SSE2__)
    unsigned control = _mm_getcsr();
#endif
    bool operator==(const State &) const = default;
};

// Data of size 1; subnormal data; constant data, whose inverse deviation divides by zero.
int check(float scale, double epsilon) {
    jsnorm::test::Layer layer(scale, epsilon);
    jsnormHandle_t handle = nullptr;
    require(jsnormCreate(&handle, JSNORM_BACKEND_CPU), "create");
    require(jsnormSetThreadCount(handle, 1), "threads");
    const std::vector<float> right = layer.forward(handle);
    int failures = 0;
    for (const Setting &setting : kSettings) {
        for (const int threads : {1, 2, 3}) {
            require(jsnormSetThreadCount(handle, threads), "threads");
            std::fenv_t ours;
            std::fegetenv(&ours);
            setting.apply();
            const State before;
            const std::vector<float> &got = layer.forward(handle);
            const State after;
            std::fesetenv(&ours);
            const bool same =
                std::memcmp(got.data(), right.data(), right.size() * sizeof(float)) == 0;
            if (same && before == after) continue;
            ++failures;
            std::fprintf(stderr, "%s, %d threads, scale %g: %s\n", setting.name, threads,
                         static_cast<double>(scale),
                         same ? "the caller's environment has changed" : "other bits");
        }
    }
    require(jsnormDestroy(handle), "destroy");
    return failures;
}

}  // namespace

int main() {
    return check(1, 1e-5) + check(1e-39f, 1e-5) + check(0, 0);
}
