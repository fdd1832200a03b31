// SPDX-License-Identifier: Apache-2.0
// Objects of the library for the time of a call: a failing status becomes an exception, which the
// handler turns into an error of XLA.
#pragma once

#include "xla/ffi/api/ffi.h"

#include <jsnorm/jsnorm.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jsnorm_jax {

inline void check(jsnormStatus_t status) {
    if (status != JSNORM_STATUS_SUCCESS) {
        throw std::runtime_error(jsnormGetLastErrorString());
    }
}

// What XLA was given does not fit together: not from jsnorm.jax, which checks while it traces.
inline void require(bool holds, const std::string &text) {
    if (!holds) {
        throw std::runtime_error("jsnorm.jax: " + text);
    }
}

template <class Object, auto destroy>
class Owned {
  public:
    Owned() = default;
    Owned(const Owned &) = delete;
    Owned &operator=(const Owned &) = delete;
    ~Owned() { destroy(object_); }
    Object *receive() { return &object_; }
    Object get() const { return object_; }

  private:
    Object object_ = nullptr;
};

using Handle = Owned<jsnormHandle_t, jsnormDestroy>;
using NormDescriptor = Owned<jsnormNormDescriptor_t, jsnormDestroyNormDescriptor>;

class TensorDescriptor : public Owned<jsnormTensorDescriptor_t, jsnormDestroyTensorDescriptor> {
  public:
    TensorDescriptor() { check(jsnormCreateTensorDescriptor(receive())); }

    void set(jsnormDataType_t type, const std::vector<int64_t> &dims, const int64_t *strides) {
        check(jsnormSetTensorDescriptor(get(), type, static_cast<int32_t>(dims.size()), dims.data(),
                                        strides));
    }
};

inline jsnormDataType_t data_type(const xla::ffi::AnyBuffer &buffer) {
    switch (buffer.element_type()) {
        case xla::ffi::F32:
            return JSNORM_FLOAT;
        case xla::ffi::F64:
            return JSNORM_DOUBLE;
        case xla::ffi::F16:
            return JSNORM_HALF;
        case xla::ffi::BF16:
            return JSNORM_BFLOAT16;
        default:
            throw std::runtime_error("jsnorm.jax: a tensor of a type that is not served");
    }
}

template <class T>
T attribute(const xla::ffi::Dictionary &attributes, const char *name) {
    const auto value = attributes.get<T>(name);
    require(value.has_value(), std::string("no attribute ") + name + " of the expected type");
    return *value;
}

// Packed, in row-major order of the buffer; the descriptor has the channels on axis 1.
inline void describe_tensor(TensorDescriptor &descriptor, const xla::ffi::AnyBuffer &x,
                            int64_t channel_axis) {
    const auto sizes = x.dimensions();
    const auto rank = static_cast<int64_t>(sizes.size());
    const bool has_channels = rank > 1;  // a layer norm of one row has not
    require(!has_channels || (channel_axis >= 1 && channel_axis < rank),
            "rank " + std::to_string(rank) + ", channel axis " + std::to_string(channel_axis));
    std::vector<std::array<int64_t, 2>> axes(sizes.size());  // size, stride
    int64_t stride = 1;
    for (int64_t axis = rank - 1; axis >= 0; --axis) {
        axes[axis] = {sizes[axis], stride};
        if (sizes[axis] > 0) {
            stride *= sizes[axis];
        }
    }
    if (has_channels) {  // to axis 1, the others after it as they are
        std::rotate(axes.begin() + 1, axes.begin() + channel_axis, axes.begin() + channel_axis + 1);
    }
    std::vector<int64_t> dims;
    std::vector<int64_t> strides;
    for (const auto &[size, step] : axes) {
        dims.push_back(size);
        strides.push_back(step);
    }
    descriptor.set(data_type(x), dims, strides.data());
}

inline void set_up(NormDescriptor &norm, const xla::ffi::Dictionary &attributes) {
    const auto integer = [&](const char *name) { return attribute<int64_t>(attributes, name); };
    const auto number = [&](const char *name) { return attribute<double>(attributes, name); };
    const auto kind = static_cast<jsnormNormKind_t>(integer("kind"));
    check(jsnormCreateNormDescriptor(norm.receive(), kind));
    check(jsnormSetNormEstimators(norm.get(),
                                  static_cast<jsnormEstimator_t>(integer("mean_estimator")),
                                  static_cast<jsnormEstimator_t>(integer("variance_estimator"))));
    check(jsnormSetNormEpsilon(norm.get(), number("epsilon")));
    check(jsnormSetNormActivation(norm.get(),
                                  static_cast<jsnormActivation_t>(integer("activation"))));
    check(jsnormSetNormLambda(norm.get(), number("lambda")));
    check(jsnormSetNormEffectiveFraction(norm.get(), number("effective_fraction")));
    if (kind == JSNORM_GROUP_NORM) {
        check(jsnormSetNormGroupCount(norm.get(), integer("groups")));
    }
    if (kind == JSNORM_LAYER_NORM) {
        check(jsnormSetNormFirstNormalizedAxis(norm.get(),
                                               static_cast<int32_t>(integer("first_axis"))));
        check(jsnormSetNormStatisticsPerGroup(norm.get(), integer("statistics_per_group")));
    }
    if (kind == JSNORM_BATCH_NORM || kind == JSNORM_BATCH_NORM_PER_ACTIVATION) {
        check(jsnormSetNormRunningStatistics(
            norm.get(), static_cast<jsnormRunningMode_t>(integer("raw_running")),
            static_cast<jsnormRunningVariance_t>(integer("biased_running"))));
    }
}

}  // namespace jsnorm_jax
