// SPDX-License-Identifier: Apache-2.0
// Layer norm by cuDNN's operation graphs: rows are the first axis, their elements the second.
#include <algorithm>

#include "bench/cuda/cudnn.hpp"
#include "bench/cuda/cudnn_graph.hpp"
#include "bench/cuda/device_contestant.hpp"

namespace jsnorm::bench {

namespace {

constexpr double kPlanSeconds = 3;  // for a choice among the plans
constexpr size_t kPlanSets = 4;     // of tensors, so that no plan finds them in the cache

class CudnnLayerNorm : public DeviceContestant {
  public:
    CudnnLayerNorm(const Case &which, Tensors &tensors)
        : DeviceContestant(which, tensors),
          view_(which.view()),
          type_(cudnn_type(which.type)),
          alignment_(which.shape.misalignment == 0 ? 16 : which.element_bytes()),
          backward_(which.direction == Direction::kBackward),
          mean_(static_cast<size_t>(view_.statistics) * sizeof(float)),
          rstd_(static_cast<size_t>(view_.statistics) * sizeof(float)) {
        if (which.fusion != Fusion::kNone)
            throw Unavailable("no layer norm with residual and ReLU");
        check(cudnn().cudnnSetStream(cudnn().handle, device().stream()), "cudnnSetStream");
        describe_forward();
        // A backward pass needs it for mean and rstd alone, which all sets have in common.
        plan(forward_graph_, backward_ ? 0 : kPlanSeconds, [this](auto &set) { forward(set); });
        if (!backward_) return;
        describe_backward();
        plan(backward_graph_, kPlanSeconds, [this](auto &set) { backward(set); });
    }

  private:
    void enqueue(const TensorSet &set) override {
        if (backward_) return backward(set);
        forward(set);
    }

    template <typename Run>
    void plan(CudnnGraph &graph, double seconds, Run run) {
        const auto &sets = device().sets();
        graph.plan(seconds, device().stream(), [&sets, run] {
            for (size_t i = 0; i < std::min(sets.size(), kPlanSets); ++i) run(sets[i]);
        });
    }

    // In the order of describe_backward.
    void backward(const TensorSet &set) {
        const Vectors &vectors = device().vectors();
        backward_graph_.execute({set.x, mean_.as(), rstd_.as(), set.dy,
                                 const_cast<float *>(vectors.gamma), vectors.dgamma, vectors.dbeta,
                                 set.out});
    }

    // In the order of describe_forward.
    void forward(const TensorSet &set) {
        const Vectors &vectors = device().vectors();
        forward_graph_.execute({set.x, mean_.as(), rstd_.as(), const_cast<float *>(vectors.gamma),
                                const_cast<float *>(vectors.beta), &epsilon_, set.out});
    }

    void rows(CudnnGraph &graph, cudnnBackendAttributeName_t name) {
        const int64_t d = view_.inner;
        graph.tensor(name, type_, {view_.statistics, d, 1, 1}, {d, 1, d, d}, alignment_);
    }
    void statistic(CudnnGraph &graph, cudnnBackendAttributeName_t name) {
        graph.tensor(name, CUDNN_DATA_FLOAT, {view_.statistics, 1, 1, 1}, {1, 1, 1, 1}, 16);
    }
    void parameter(CudnnGraph &graph, cudnnBackendAttributeName_t name) {
        const int64_t d = view_.inner;
        graph.tensor(name, CUDNN_DATA_FLOAT, {1, d, 1, 1}, {d, 1, d, d}, 16);
    }

    void describe_forward() {
        const cudnnBackendNormMode_t mode = CUDNN_LAYER_NORM;
        const cudnnBackendNormFwdPhase_t phase = CUDNN_NORM_FWD_TRAINING;
        CudnnGraph &graph = forward_graph_;
        graph.operation().set(CUDNN_ATTR_OPERATION_NORM_FWD_MODE, CUDNN_TYPE_NORM_MODE, &mode);
        graph.operation().set(CUDNN_ATTR_OPERATION_NORM_FWD_PHASE, CUDNN_TYPE_NORM_FWD_PHASE,
                              &phase);
        rows(graph, CUDNN_ATTR_OPERATION_NORM_FWD_XDESC);
        statistic(graph, CUDNN_ATTR_OPERATION_NORM_FWD_MEAN_DESC);
        statistic(graph, CUDNN_ATTR_OPERATION_NORM_FWD_INV_VARIANCE_DESC);
        parameter(graph, CUDNN_ATTR_OPERATION_NORM_FWD_SCALE_DESC);
        parameter(graph, CUDNN_ATTR_OPERATION_NORM_FWD_BIAS_DESC);
        graph.tensor(CUDNN_ATTR_OPERATION_NORM_FWD_EPSILON_DESC, CUDNN_DATA_FLOAT, {1, 1, 1, 1},
                     {1, 1, 1, 1}, 16, true);
        rows(graph, CUDNN_ATTR_OPERATION_NORM_FWD_YDESC);
    }

    void describe_backward() {
        const cudnnBackendNormMode_t mode = CUDNN_LAYER_NORM;
        CudnnGraph &graph = backward_graph_;
        graph.operation().set(CUDNN_ATTR_OPERATION_NORM_BWD_MODE, CUDNN_TYPE_NORM_MODE, &mode);
        rows(graph, CUDNN_ATTR_OPERATION_NORM_BWD_XDESC);
        statistic(graph, CUDNN_ATTR_OPERATION_NORM_BWD_MEAN_DESC);
        statistic(graph, CUDNN_ATTR_OPERATION_NORM_BWD_INV_VARIANCE_DESC);
        rows(graph, CUDNN_ATTR_OPERATION_NORM_BWD_DYDESC);
        parameter(graph, CUDNN_ATTR_OPERATION_NORM_BWD_SCALE_DESC);
        parameter(graph, CUDNN_ATTR_OPERATION_NORM_BWD_DSCALE_DESC);
        parameter(graph, CUDNN_ATTR_OPERATION_NORM_BWD_DBIAS_DESC);
        rows(graph, CUDNN_ATTR_OPERATION_NORM_BWD_DXDESC);
    }

    View view_;
    cudnnDataType_t type_;
    int64_t alignment_;
    bool backward_;
    float epsilon_ = 1e-5f;
    DeviceMemory mean_, rstd_;
    CudnnGraph forward_graph_{CUDNN_BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR};
    CudnnGraph backward_graph_{CUDNN_BACKEND_OPERATION_NORM_BACKWARD_DESCRIPTOR};
};

}  // namespace

std::unique_ptr<Contestant> make_cudnn_layer_norm(const Case &which, Tensors &tensors) {
    return std::make_unique<CudnnLayerNorm>(which, tensors);
}

}  // namespace jsnorm::bench
