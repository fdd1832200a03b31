// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same with every compiler and standard library: the engine is
// specified bit for bit, the standard distributions and std::shuffle are not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace digits {

class RandomNumbers {
  public:
    explicit RandomNumbers(uint64_t seed) : engine_(seed) {}

    // Uniform in [low, high).
    float uniform(float low, float high) {
        const double unit = static_cast<double>(engine_() >> 11) * 0x1p-53;
        return static_cast<float>(low + (static_cast<double>(high) - low) * unit);
    }

    // From 0 to count - 1. The remainder's bias is below 1e-15 for the sizes of this program.
    int64_t below(int64_t count) {
        return static_cast<int64_t>(engine_() % static_cast<uint64_t>(count));
    }

    // Fisher and Yates.
    template <typename T>
    void shuffle(std::vector<T> &items) {
        for (size_t left = items.size(); left > 1; --left) {
            std::swap(items[left - 1], items[engine_() % left]);
        }
    }

  private:
    std::mt19937_64 engine_;
};

}  // namespace digits
