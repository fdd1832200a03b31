// SPDX-License-Identifier: Apache-2.0
// James-Stein batch norm and ReLU over the images of all processes: the calls of a fused norm, with
// a communicator.
#pragma once

#include <jsnorm/jsnorm_mpi.h>

#include <cstddef>
#include <cstdint>
#include <jsnorm/jsnorm.hpp>
#include <string>
#include <vector>

#include "dense_layer.hpp"

namespace data_parallel {

class SyncNorm {
  public:
    SyncNorm(const jsnorm::Handle &handle, int64_t channels, MPI_Comm comm)
        : gamma(static_cast<size_t>(channels), 1),
          beta(static_cast<size_t>(channels)),
          handle_(handle),
          comm_(comm),
          channels_(channels),
          norm_(jsnorm::NormBuilder(JSNORM_BATCH_NORM)
                    .activation(JSNORM_ACTIVATION_RELU)
                    .build()
                    .or_throw()),
          mean_(gamma.value.size()),
          variance_(gamma.value.size()),
          running_mean_(gamma.value.size()),
          running_variance_(gamma.value.size(), 1) {}

    // x: the images of this process, possibly none.
    std::vector<double> forward_training(const std::vector<double> &x) {
        std::vector<double> y(x.size());
        jsnorm::ForwardTrainingArgs args;
        args.x_desc = args.y_desc = describe(x);
        args.x = x.data();
        args.y = y.data();
        args.gamma = gamma.value.data();
        args.beta = beta.value.data();
        args.saved_mean = mean_.data();
        args.saved_variance = variance_.data();
        args.running_mean = args.next_running_mean = running_mean_.data();
        args.running_variance = args.next_running_variance = running_variance_.data();
        args.factor = 0.1;
        lend_workspace(JSNORM_FORWARD_TRAINING, args);
        check_mpi(jsnormMpiForwardTraining(handle_, norm_, &args, comm_));
        return y;
    }

    // By the running statistics, which every process has: nothing is exchanged.
    std::vector<double> forward_inference(const std::vector<double> &x) {
        std::vector<double> y(x.size());
        jsnorm::ForwardInferenceArgs args;
        args.x_desc = args.y_desc = describe(x);
        args.x = x.data();
        args.y = y.data();
        args.gamma = gamma.value.data();
        args.beta = beta.value.data();
        args.running_mean = running_mean_.data();
        args.running_variance = running_variance_.data();
        lend(jsnorm::workspace_size(handle_, norm_, desc_, JSNORM_FORWARD_INFERENCE).or_throw(),
             args);
        jsnorm::forward_inference(handle_, norm_, args).or_throw();
        return y;
    }

    // Returns the gradient of x. Gradients of gamma and beta are those of this process's images.
    std::vector<double> backward(const std::vector<double> &x, const std::vector<double> &dy) {
        std::vector<double> dx(x.size());
        jsnorm::BackwardArgs args;
        args.x_desc = args.dy_desc = args.dx_desc = describe(x);
        args.x = x.data();
        args.dy = dy.data();
        args.dx = dx.data();
        args.gamma = gamma.value.data();
        args.beta = beta.value.data();
        args.saved_mean = mean_.data();
        args.saved_variance = variance_.data();
        args.dgamma = gamma.gradient.data();
        args.dbeta = beta.gradient.data();
        lend_workspace(JSNORM_BACKWARD, args);
        check_mpi(jsnormMpiBackward(handle_, norm_, &args, comm_));
        return dx;
    }

    Parameter gamma, beta;

  private:
    static void check_mpi(jsnormStatus_t status) {
        if (status == JSNORM_STATUS_SUCCESS) return;
        throw std::runtime_error(std::string(jsnormGetStatusString(status)) + ": " +
                                 jsnormMpiGetLastErrorString());
    }

    jsnormTensorDescriptor_t describe(const std::vector<double> &x) {
        const int64_t dims[] = {static_cast<int64_t>(x.size()) / channels_, channels_};
        desc_.set(JSNORM_DOUBLE, dims).or_throw();
        return desc_.get();
    }

    template <class Args>
    void lend(size_t bytes, Args &args) {
        if (workspace_.size() < bytes) workspace_.resize(bytes);
        args.workspace = workspace_.data();
        args.workspace_bytes = workspace_.size();
    }

    template <class Args>
    void lend_workspace(jsnormOperation_t operation, Args &args) {
        size_t bytes = 0;
        check_mpi(jsnormMpiGetWorkspaceSize(handle_, norm_, desc_, operation, comm_, &bytes));
        lend(bytes, args);
    }

    const jsnorm::Handle &handle_;
    MPI_Comm comm_;
    int64_t channels_;
    jsnorm::NormDescriptor norm_;
    jsnorm::TensorDescriptor desc_ = jsnorm::TensorDescriptor::create().or_throw();
    std::vector<std::byte> workspace_;
    std::vector<double> mean_, variance_, running_mean_, running_variance_;
};

}  // namespace data_parallel
