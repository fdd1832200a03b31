// SPDX-License-Identifier: Apache-2.0
#include "bench/jsnorm_objects.hpp"

#include <algorithm>

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

JsnormObjects::JsnormObjects(const Case &which, jsnormEstimator_t estimator, int threads) {
    const Shape &shape = which.shape;
    const bool batch = shape.layer == Layer::kBatch;
    handle_ = Handle::create(backend()).or_throw();
    if (backend() == JSNORM_BACKEND_CPU) handle_.set_thread_count(threads).or_throw();
    NormBuilder norm(batch ? JSNORM_BATCH_NORM : JSNORM_LAYER_NORM);
    norm.estimator(estimator);
    if (which.fusion == Fusion::kAddRelu) norm.activation(JSNORM_ACTIVATION_RELU);
    norm_ = norm.build().or_throw();
    std::vector<int64_t> strides;
    if (batch && which.layout == Layout::kChannelsLast) strides = channels_last_strides(shape.dims);
    desc_ = TensorDescriptor::create(which.type, shape.dims, strides).or_throw();
    handle_.warmup().or_throw();
}

size_t JsnormObjects::workspace_bytes(jsnormOperation_t operation) const {
    // A fused backward pass is prepared by a forward one.
    return std::max(workspace_size(handle_, norm_, desc_, operation).or_throw(),
                    workspace_size(handle_, norm_, desc_, JSNORM_FORWARD_TRAINING).or_throw());
}

jsnormMemoryTraffic_t JsnormObjects::traffic(jsnormOperation_t operation, uint32_t tensors) const {
    return memory_traffic(handle_, norm_, desc_, operation, tensors).or_throw();
}

}  // namespace jsnorm::bench
