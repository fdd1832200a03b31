// SPDX-License-Identifier: Apache-2.0
#include "bench/jsnorm_objects.hpp"

#include <algorithm>
#include <stdexcept>

#include "bench/programme.hpp"

namespace jsnorm::bench {

namespace {

// N, C, spatial... with the channels innermost.
std::vector<int64_t> channels_last_strides(const std::vector<int64_t> &dims) {
    std::vector<int64_t> strides(dims.size(), 1);
    int64_t stride = dims[1];
    for (size_t axis = dims.size() - 1; axis >= 2; --axis) {
        strides[axis] = stride;
        stride *= dims[axis];
    }
    strides[0] = stride;
    return strides;
}

}  // namespace

void check(jsnormStatus_t status) {
    if (status == JSNORM_STATUS_SUCCESS) return;
    throw std::runtime_error(std::string(jsnormGetStatusString(status)) + ": " +
                             jsnormGetLastErrorString());
}

JsnormObjects::JsnormObjects(const Case &which, jsnormEstimator_t estimator, int threads) {
    const Shape &shape = which.shape;
    const bool batch = shape.layer == Layer::kBatch;
    check(jsnormCreate(&handle_, backend()));
    if (backend() == JSNORM_BACKEND_CPU) check(jsnormSetThreadCount(handle_, threads));
    check(jsnormCreateNormDescriptor(&norm_, batch ? JSNORM_BATCH_NORM : JSNORM_LAYER_NORM));
    check(jsnormSetNormEstimators(norm_, estimator, estimator));
    if (which.fusion == Fusion::kAddRelu)
        check(jsnormSetNormActivation(norm_, JSNORM_ACTIVATION_RELU));
    check(jsnormCreateTensorDescriptor(&desc_));
    std::vector<int64_t> strides;
    if (batch && which.layout == Layout::kChannelsLast) strides = channels_last_strides(shape.dims);
    check(jsnormSetTensorDescriptor(desc_, which.type, static_cast<int32_t>(shape.dims.size()),
                                    shape.dims.data(), strides.empty() ? nullptr : strides.data()));
    check(jsnormWarmup(handle_));
}

JsnormObjects::~JsnormObjects() {
    jsnormDestroyTensorDescriptor(desc_);
    jsnormDestroyNormDescriptor(norm_);
    jsnormDestroy(handle_);
}

size_t JsnormObjects::workspace_bytes(jsnormOperation_t operation) const {
    size_t bytes = 0, forward = 0;
    check(jsnormGetWorkspaceSize(handle_, norm_, desc_, operation, &bytes));
    // A fused backward pass is prepared by a forward one.
    check(jsnormGetWorkspaceSize(handle_, norm_, desc_, JSNORM_FORWARD_TRAINING, &forward));
    return std::max(bytes, forward);
}

jsnormMemoryTraffic_t JsnormObjects::traffic(jsnormOperation_t operation, uint32_t tensors) const {
    jsnormMemoryTraffic_t traffic;
    check(jsnormMemoryTrafficInit(&traffic, sizeof traffic));
    check(jsnormGetMemoryTraffic(handle_, norm_, desc_, operation, tensors, &traffic));
    return traffic;
}

}  // namespace jsnorm::bench
