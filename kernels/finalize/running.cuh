// SPDX-License-Identifier: Apache-2.0
// Running statistics: how they are read, averaged and written.
#pragma once

#include "kernels/device/device.cuh"
#include "kernels/math/scalar.cuh"
#include "kernels/tensor/vector_sums.cuh"

namespace jsnorm::gpu {

// The caller's array, float or double: one of the two pointers, or neither.
struct RunningArray {
    global<float> as_float = nullptr;
    global<double> as_double = nullptr;
};

JSNORM_DEVICE bool is_given(const RunningArray &array) {
    return array.as_float != nullptr || array.as_double != nullptr;
}

JSNORM_DEVICE double load_running(const RunningArray &array, int64_t index) {
    if (array.as_double != nullptr) return load(global<const double>(array.as_double) + index);
    return static_cast<double>(load(global<const float>(array.as_float) + index));
}

JSNORM_DEVICE void store_running(const RunningArray &array, int64_t index, double value) {
    if (array.as_double != nullptr) store(array.as_double + index, value);
    if (array.as_float != nullptr) store(array.as_float + index, narrow<float>(value));
}

struct RunningAverage {
    RunningArray mean;
    RunningArray variance;
    RunningArray next_mean;
    RunningArray next_variance;
    double factor = 0;
    global<const int64_t> step = nullptr;  // if given: factor = 1/(1 + step)
    int32_t raw = 0;                       // 1: averages statistics before shrinkage
    int32_t corrected = 0;                 // 1: averages the unbiased variance
};

// next = (1-factor)*previous + factor*current; `keep`: next = previous.
JSNORM_DEVICE void average_running(const RunningArray &previous, const RunningArray &next,
                                   int64_t index, double factor, double current, bool keep) {
    if (!is_given(next)) return;
    if (keep) {
        if (is_given(previous)) store_running(next, index, load_running(previous, index));
        return;
    }
    double value = factor * current;
    if (factor != 1) value += (1 - factor) * load_running(previous, index);
    store_running(next, index, value);
}

// Without elements the running statistics stay what they are.
JSNORM_DEVICE void update_running(const RunningAverage &running, double elements, int64_t k,
                                  const Estimate &estimate) {
    double factor = running.factor;
    if (running.step != nullptr) {
        const int64_t step = load(running.step);
        factor = 1 / (1 + static_cast<double>(step > 0 ? step : 0));
    }
    const double correction =
        running.corrected != 0 ? elements / (elements > 2 ? elements - 1 : 1) : 1;
    const double mean = running.raw != 0 ? estimate.mean : estimate.shrunk_mean;
    const double variance =
        correction * (running.raw != 0 ? estimate.variance : estimate.shrunk_variance);
    const bool keep = elements == 0;
    average_running(running.mean, running.next_mean, k, factor, mean, keep);
    average_running(running.variance, running.next_variance, k, factor, variance, keep);
}

}  // namespace jsnorm::gpu
