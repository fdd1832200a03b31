// SPDX-License-Identifier: Apache-2.0
// Batch norm by the calls that frameworks use: cudnnBatchNormalization...Ex. Residual and ReLU are
// fused where cuDNN fuses them.
#include <algorithm>

#include "bench/cuda/cudnn.hpp"
#include "bench/cuda/cudnn_library.hpp"
#include "bench/cuda/device_contestant.hpp"

namespace jsnorm::bench {

namespace {

constexpr double kEpsilon = 1e-5;
constexpr auto kMode = CUDNN_BATCHNORM_SPATIAL_PERSISTENT;
constexpr float kOne = 1, kZero = 0;

class TensorDescription {
  public:
    TensorDescription() {
        check(cudnn().cudnnCreateTensorDescriptor(&descriptor_), "cudnnCreateTensorDescriptor");
    }
    ~TensorDescription() { cudnn().cudnnDestroyTensorDescriptor(descriptor_); }
    TensorDescription(const TensorDescription &) = delete;
    TensorDescription &operator=(const TensorDescription &) = delete;
    cudnnTensorDescriptor_t get() const { return descriptor_; }

  private:
    cudnnTensorDescriptor_t descriptor_ = nullptr;
};

// N, C, spatial... of at least four axes, in memory order of the case.
void describe(const TensorDescription &description, const Case &which) {
    std::vector<int> dims(which.shape.dims.begin(), which.shape.dims.end());
    while (dims.size() < 4) dims.push_back(1);
    std::vector<int> strides(dims.size());
    const bool last = which.layout == Layout::kChannelsLast;
    int stride = last ? dims[1] : 1;
    for (size_t axis = dims.size(); axis-- > 0;) {
        if (last && axis == 1) continue;
        strides[axis] = stride;
        stride *= dims[axis];
    }
    if (last) strides[1] = 1;
    check(cudnn().cudnnSetTensorNdDescriptor(description.get(), cudnn_type(which.type),
                                             static_cast<int>(dims.size()), dims.data(),
                                             strides.data()),
          "cudnnSetTensorNdDescriptor");
}

class CudnnBatchNorm : public DeviceContestant {
  public:
    CudnnBatchNorm(const Case &which, Tensors &tensors)
        : DeviceContestant(which, tensors),
          fused_(which.fusion == Fusion::kAddRelu),
          direction_(which.direction),
          operations_(fused_ ? CUDNN_BATCHNORM_OPS_BN_ADD_ACTIVATION : CUDNN_BATCHNORM_OPS_BN),
          mean_(tensors.gamma.size() * sizeof(float)),
          rstd_(tensors.gamma.size() * sizeof(float)) {
        if (fused_ && direction_ == Direction::kInference)
            throw Unavailable("no fused inference among these calls");
        check(cudnn().cudnnSetStream(cudnn().handle, device().stream()), "cudnnSetStream");
        describe(tensor_, which);
        check(cudnn().cudnnDeriveBNTensorDescriptor(parameters_.get(), tensor_.get(), kMode),
              "cudnnDeriveBNTensorDescriptor");
        if (fused_) {
            check(cudnn().cudnnCreateActivationDescriptor(&activation_), "activation");
            check(cudnn().cudnnSetActivationDescriptor(activation_, CUDNN_ACTIVATION_RELU,
                                                       CUDNN_PROPAGATE_NAN, 0),
                  "activation");
        }
        allocate(device().sets().size());
        if (direction_ != Direction::kBackward) return;
        for (size_t i = 0; i < device().sets().size(); ++i) forward(i);
        check(cudaStreamSynchronize(device().stream()), "cudaStreamSynchronize");
    }
    ~CudnnBatchNorm() override {
        if (activation_ != nullptr) cudnn().cudnnDestroyActivationDescriptor(activation_);
    }

  private:
    void enqueue(const TensorSet &set) override {
        const auto index = static_cast<size_t>(&set - device().sets().data());
        switch (direction_) {
            case Direction::kForward:
                return forward(index);
            case Direction::kInference:
                return inference(set);
            default:
                return backward(index);
        }
    }

    void allocate(size_t sets) {
        size_t forward_bytes = 0, backward_bytes = 0, reserve_bytes = 0;
        cudnnTensorDescriptor_t t = tensor_.get(), z = fused_ ? t : nullptr;
        check(cudnn().cudnnGetBatchNormalizationForwardTrainingExWorkspaceSize(
                  cudnn().handle, kMode, operations_, t, z, t, parameters_.get(), activation_,
                  &forward_bytes),
              "workspace");
        check(cudnn().cudnnGetBatchNormalizationBackwardExWorkspaceSize(
                  cudnn().handle, kMode, operations_, t, fused_ ? t : nullptr, t, z, t,
                  parameters_.get(), activation_, &backward_bytes),
              "workspace");
        check(cudnn().cudnnGetBatchNormalizationTrainingExReserveSpaceSize(
                  cudnn().handle, kMode, operations_, activation_, t, &reserve_bytes),
              "reserve");
        workspace_ = std::make_unique<DeviceMemory>(std::max(forward_bytes, backward_bytes));
        for (size_t i = 0; i < sets; ++i) {
            reserve_.push_back(std::make_unique<DeviceMemory>(reserve_bytes));
            // dx goes where y was, and the gradient of the activation reads y.
            if (fused_ && direction_ == Direction::kBackward)
                y_.push_back(std::make_unique<DeviceMemory>(device().tensor_bytes()));
        }
    }

    void forward(size_t index) {
        const TensorSet &set = device().sets()[index];
        const Vectors &vectors = device().vectors();
        cudnnTensorDescriptor_t t = tensor_.get();
        std::byte *y = y_.empty() ? set.out : y_[index]->as();
        check(cudnn().cudnnBatchNormalizationForwardTrainingEx(
                  cudnn().handle, kMode, operations_, &kOne, &kZero, t, set.x, fused_ ? t : nullptr,
                  set.z, t, y, parameters_.get(), vectors.gamma, vectors.beta, 0, nullptr, nullptr,
                  kEpsilon, mean_.as(), rstd_.as(), activation_, workspace_->as(),
                  workspace_->bytes(), reserve_[index]->as(), reserve_[index]->bytes()),
              "cudnnBatchNormalizationForwardTrainingEx");
    }

    void inference(const TensorSet &set) {
        const Vectors &vectors = device().vectors();
        check(cudnn().cudnnBatchNormalizationForwardInference(
                  cudnn().handle, kMode, &kOne, &kZero, tensor_.get(), set.x, tensor_.get(),
                  set.out, parameters_.get(), vectors.gamma, vectors.beta, vectors.running_mean,
                  vectors.running_variance, kEpsilon),
              "cudnnBatchNormalizationForwardInference");
    }

    void backward(size_t index) {
        const TensorSet &set = device().sets()[index];
        const Vectors &vectors = device().vectors();
        cudnnTensorDescriptor_t t = tensor_.get(), z = fused_ ? t : nullptr;
        check(cudnn().cudnnBatchNormalizationBackwardEx(
                  cudnn().handle, kMode, operations_, &kOne, &kZero, &kOne, &kZero, t, set.x, z,
                  fused_ ? y_[index]->as() : nullptr, t, set.dy, z, set.dz, t, set.out,
                  parameters_.get(), vectors.gamma, vectors.beta, vectors.dgamma, vectors.dbeta,
                  kEpsilon, mean_.as(), rstd_.as(), activation_, workspace_->as(),
                  workspace_->bytes(), reserve_[index]->as(), reserve_[index]->bytes()),
              "cudnnBatchNormalizationBackwardEx");
    }

    bool fused_;
    Direction direction_;
    cudnnBatchNormOps_t operations_;
    TensorDescription tensor_, parameters_;
    cudnnActivationDescriptor_t activation_ = nullptr;
    DeviceMemory mean_, rstd_;
    std::unique_ptr<DeviceMemory> workspace_;
    std::vector<std::unique_ptr<DeviceMemory>> reserve_, y_;  // per set
};

}  // namespace

std::unique_ptr<Contestant> make_cudnn_batch_norm(const Case &which, Tensors &tensors) {
    return std::make_unique<CudnnBatchNorm>(which, tensors);
}

}  // namespace jsnorm::bench
