// SPDX-License-Identifier: Apache-2.0
//
// Random numbers that are the same for every platform and standard library: splitmix64 and
// Box-Muller. (The engines of <random> are portable, its distributions are not.)
#ifndef JSNORM_TESTS_SUPPORT_RANDOM_HPP
#define JSNORM_TESTS_SUPPORT_RANDOM_HPP

#include <cmath>
#include <cstdint>

namespace jsnorm::test {

class Random {
  public:
    explicit Random(uint64_t seed) : state_(seed) {}

    uint64_t bits() {
        uint64_t v = state_ += 0x9E3779B97F4A7C15u;
        v = (v ^ (v >> 30)) * 0xBF58476D1CE4E5B9u;
        v = (v ^ (v >> 27)) * 0x94D049BB133111EBu;
        return v ^ (v >> 31);
    }

    // In [0, 1).
    double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
    double uniform(double low, double high) { return low + (high - low) * uniform(); }

    // In [low, high], both included.
    int64_t integer(int64_t low, int64_t high) {
        const auto range = static_cast<uint64_t>(high - low) + 1;
        return low + static_cast<int64_t>(range == 0 ? bits() : bits() % range);
    }

    // Standard normal. Rounded to 2^-40, so that libraries of different last bits give the same
    // number.
    double normal() {
        const double radius = std::sqrt(-2 * std::log(1 - uniform()));
        const double value = radius * std::cos(6.283185307179586 * uniform());
        return std::nearbyint(value * 0x1p40) * 0x1p-40;
    }

  private:
    uint64_t state_;
};

}  // namespace jsnorm::test

#endif
