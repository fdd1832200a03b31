// SPDX-License-Identifier: Apache-2.0
//
// A batch norm that is large enough for several threads.
#ifndef JSNORM_TESTS_PROCESS_LAYER_HPP
#define JSNORM_TESTS_PROCESS_LAYER_HPP

#include <jsnorm/jsnorm.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace jsnorm::test {

inline void require(jsnormStatus_t status, const char *what) {
    if (status == JSNORM_STATUS_SUCCESS) return;
    std::fprintf(stderr, "%s: %s\n", what, jsnormGetLastErrorString());
    std::abort();
}

class Layer {
  public:
    // scale: of the data; 0 makes it constant.
    explicit Layer(float scale = 1, double epsilon = 1e-5) : x_(kElements), y_(kElements) {
        const int64_t dims[4] = {8, 16, 64, 64};
        require(jsnormCreateTensorDescriptor(&desc_), "tensor descriptor");
        require(jsnormSetTensorDescriptor(desc_, JSNORM_FLOAT, 4, dims, nullptr), "dims");
        require(jsnormCreateNormDescriptor(&norm_, JSNORM_BATCH_NORM), "norm descriptor");
        require(jsnormSetNormEpsilon(norm_, epsilon), "epsilon");
        for (size_t i = 0; i < kElements; ++i) {
            x_[i] = static_cast<float>(i * 2654435761u % 1000) / 250 + static_cast<float>(i % 7);
            x_[i] *= scale;
        }
    }
    ~Layer() {
        std::free(workspace_);
        jsnormDestroyNormDescriptor(norm_);
        jsnormDestroyTensorDescriptor(desc_);
    }
    Layer(const Layer &) = delete;
    Layer &operator=(const Layer &) = delete;

    // The result is valid until the next call.
    const std::vector<float> &forward(jsnormHandle_t handle) {
        jsnormForwardTrainingArgs_t args;
        require(jsnormForwardTrainingArgsInit(&args, sizeof args), "args");
        require(jsnormGetWorkspaceSize(handle, norm_, desc_, JSNORM_FORWARD_TRAINING,
                                       &args.workspace_bytes),
                "workspace");
        if (workspace_ == nullptr) {
            workspace_ = std::malloc(args.workspace_bytes);
        }
        args.workspace = workspace_;
        args.x_desc = args.y_desc = desc_;
        args.x = x_.data();
        args.y = y_.data();
        require(jsnormForwardTraining(handle, norm_, &args), "forward");
        return y_;
    }

  private:
    static constexpr size_t kElements = 8 * 16 * 64 * 64;
    jsnormTensorDescriptor_t desc_ = nullptr;
    jsnormNormDescriptor_t norm_ = nullptr;
    std::vector<float> x_;
    std::vector<float> y_;
    void *workspace_ = nullptr;
};

}  // namespace jsnorm::test

#endif
