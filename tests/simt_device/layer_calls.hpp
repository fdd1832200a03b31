// SPDX-License-Identifier: Apache-2.0
//
// Forward training and backward of a layer on the executor, with arguments that stay: for programs
// that count or time the calls and do not look at their results.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/simt/executor.hpp"
#include "tests/support/api_objects.hpp"

namespace jsnorm::test {

struct LayerShape {
    jsnormNormKind_t kind;
    jsnormDataType_t type;
    std::vector<int64_t> dims;
    bool channels_last;
    jsnormEstimator_t estimator = JSNORM_ESTIMATOR_JAMES_STEIN;
    bool residual_relu = false;  // with a mask
};

// Device memory full of small numbers that differ: of a constant tensor dx is computed another way.
class DeviceMemory {
  public:
    explicit DeviceMemory(size_t bytes) : pointer_(simt::allocate(bytes + 1, "tensor")) {
        std::vector<unsigned char> pattern(bytes);
        for (size_t i = 0; i < bytes; ++i) {
            constexpr unsigned char kHighByteOfOne = 0x3c;  // in half; small in the other types
            pattern[i] = i % 2 != 0 ? kHighByteOfOne : static_cast<unsigned char>(i * 37 / 2 % 251);
        }
        simt::upload(pointer_, pattern.data(), bytes);
    }
    ~DeviceMemory() { simt::release(pointer_); }
    DeviceMemory(const DeviceMemory &) = delete;
    DeviceMemory &operator=(const DeviceMemory &) = delete;
    template <class T>
    T *as() const {
        return static_cast<T *>(pointer_);
    }

  private:
    void *pointer_;
};

inline std::vector<int64_t> strides_of(const LayerShape &shape) {
    std::vector<int64_t> strides(shape.dims.size());
    const int64_t channels = shape.dims[1];
    int64_t stride = shape.channels_last ? channels : 1;
    for (size_t axis = shape.dims.size(); axis-- > 0;) {
        if (shape.channels_last && axis == 1) {
            strides[axis] = 1;
            continue;
        }
        strides[axis] = stride;
        stride *= shape.dims[axis];
    }
    return strides;
}

// On the device that is current. The handle belongs to the caller.
class LayerCalls {
  public:
    LayerCalls(jsnormHandle_t handle, const LayerShape &shape)
        : handle_(handle),
          norm_(shape.kind),
          x_desc_(shape.type, shape.dims, strides_of(shape)),
          counts_(describe(shape)),
          x_(counts_.bytes),
          y_(counts_.bytes),
          z_(counts_.bytes),
          dy_(counts_.bytes),
          dx_(counts_.bytes),
          dz_(counts_.bytes),
          mask_(counts_.elements / 8 + 4),
          gamma_(counts_.parameter_bytes),
          beta_(counts_.parameter_bytes),
          dgamma_(counts_.parameter_bytes),
          dbeta_(counts_.parameter_bytes),
          mean_(counts_.statistic_bytes),
          variance_(counts_.statistic_bytes),
          workspace_(std::max(workspace_bytes(JSNORM_FORWARD_TRAINING),
                              workspace_bytes(JSNORM_BACKWARD))) {
        prepare_forward(shape);
        prepare_backward(shape);
    }

    void forward() const {
        require(jsnormForwardTraining(handle_, norm_.get(), &forward_), "jsnormForwardTraining");
    }
    void backward() const {
        require(jsnormBackward(handle_, norm_.get(), &backward_), "jsnormBackward");
    }

    jsnormNormDescriptor_t norm() const { return norm_.get(); }
    jsnormTensorDescriptor_t x_desc() const { return x_desc_.get(); }

  private:
    struct Counts {
        size_t elements;
        size_t bytes;
        size_t parameter_bytes;
        size_t statistic_bytes;
    };

    // Completes the norm before anything is asked about it.
    Counts describe(const LayerShape &shape) {
        require(jsnormSetNormEstimators(norm_.get(), shape.estimator, shape.estimator),
                "estimators");
        if (shape.residual_relu) {
            require(jsnormSetNormActivation(norm_.get(), JSNORM_ACTIVATION_RELU), "activation");
        }
        int64_t groups = 0, statistics = 0, elements = 0, parameters = 0;
        require(jsnormGetStatisticsShape(norm_.get(), x_desc_.get(), &groups, &statistics,
                                         &elements, &parameters),
                "shape");
        size_t count = 1;
        for (const int64_t size : shape.dims) count *= static_cast<size_t>(size);
        return {count, count * (shape.type == JSNORM_FLOAT ? 4 : 2),
                sizeof(float) * static_cast<size_t>(parameters),
                sizeof(double) * static_cast<size_t>(groups * statistics)};
    }

    size_t workspace_bytes(jsnormOperation_t operation) const {
        size_t size = 0;
        require(jsnormGetWorkspaceSize(handle_, norm_.get(), x_desc_.get(), operation, &size),
                "workspace");
        return size;
    }

    void prepare_forward(const LayerShape &shape) {
        require(jsnormForwardTrainingArgsInit(&forward_, sizeof forward_), "init");
        forward_.x_desc = forward_.y_desc = x_desc_.get();
        forward_.x = x_.as<void>();
        forward_.y = y_.as<void>();
        forward_.gamma = gamma_.as<void>();
        forward_.beta = beta_.as<void>();
        forward_.saved_mean = mean_.as<double>();
        forward_.saved_variance = variance_.as<double>();
        if (shape.residual_relu) {
            forward_.z_desc = x_desc_.get();
            forward_.z = z_.as<void>();
            forward_.mask = mask_.as<uint32_t>();
        }
        forward_.workspace = workspace_.as<void>();
        forward_.workspace_bytes = workspace_bytes(JSNORM_FORWARD_TRAINING);
    }

    void prepare_backward(const LayerShape &shape) {
        require(jsnormBackwardArgsInit(&backward_, sizeof backward_), "init");
        backward_.x_desc = backward_.dy_desc = backward_.dx_desc = x_desc_.get();
        backward_.x = x_.as<void>();
        backward_.dy = dy_.as<void>();
        backward_.dx = dx_.as<void>();
        backward_.gamma = gamma_.as<void>();
        backward_.dgamma = dgamma_.as<void>();
        backward_.dbeta = dbeta_.as<void>();
        backward_.saved_mean = mean_.as<double>();
        backward_.saved_variance = variance_.as<double>();
        if (shape.residual_relu) {
            backward_.dz_desc = x_desc_.get();
            backward_.dz = dz_.as<void>();
            backward_.mask = mask_.as<uint32_t>();
        }
        backward_.workspace = workspace_.as<void>();
        backward_.workspace_bytes = workspace_bytes(JSNORM_BACKWARD);
    }

    jsnormHandle_t handle_;
    NormDescriptor norm_;
    TensorDescriptor x_desc_;
    Counts counts_;
    DeviceMemory x_, y_, z_, dy_, dx_, dz_, mask_;
    DeviceMemory gamma_, beta_, dgamma_, dbeta_, mean_, variance_, workspace_;
    jsnormForwardTrainingArgs_t forward_;
    jsnormBackwardArgs_t backward_;
};

}  // namespace jsnorm::test
