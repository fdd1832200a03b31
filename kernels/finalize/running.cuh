// SPDX-License-Identifier: Apache-2.0
// Running statistics: how they are read, averaged and written.
#pragma once

#include "jsnorm/jsnorm.h"
#include "kernels/device/device.cuh"
#include "kernels/math/scalar.cuh"
#include "kernels/tensor/vector_sums.cuh"

namespace jsnorm::gpu {

// The caller's array of any type; NULL where it was not given.
struct RunningArray {
    global<unsigned char> data = nullptr;
    jsnormDataType_t type = JSNORM_FLOAT;
};

JSNORM_DEVICE bool is_given(const RunningArray &array) {
    return array.data != nullptr;
}

template <class R>
JSNORM_DEVICE double load_running_as(const RunningArray &array, int64_t index) {
    const R value = load(global_cast<const R>(array.data) + index);
    return static_cast<double>(widen(value));
}

JSNORM_DEVICE double load_running(const RunningArray &array, int64_t index) {
    switch (array.type) {
        case JSNORM_DOUBLE:
            return load_running_as<double>(array, index);
        case JSNORM_HALF:
            return load_running_as<Half>(array, index);
        case JSNORM_BFLOAT16:
            return load_running_as<BFloat16>(array, index);
        default:
            return load_running_as<float>(array, index);
    }
}

template <class R>
JSNORM_DEVICE void store_running_as(const RunningArray &array, int64_t index, double value) {
    store(global_cast<R>(array.data) + index, narrow<R>(value));
}

JSNORM_DEVICE void store_running(const RunningArray &array, int64_t index, double value) {
    switch (array.type) {
        case JSNORM_DOUBLE:
            return store_running_as<double>(array, index, value);
        case JSNORM_HALF:
            return store_running_as<Half>(array, index, value);
        case JSNORM_BFLOAT16:
            return store_running_as<BFloat16>(array, index, value);
        default:
            return store_running_as<float>(array, index, value);
    }
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

// Without elements, or with factor 0, the running statistics stay what they are: 0 times a NaN
// would be a NaN.
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
    const bool keep = elements == 0 || factor == 0;
    average_running(running.mean, running.next_mean, k, factor, mean, keep);
    average_running(running.variance, running.next_variance, k, factor, variance, keep);
}

}  // namespace jsnorm::gpu
