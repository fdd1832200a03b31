// SPDX-License-Identifier: Apache-2.0
// The idea: a batch norm from training to inference. Training steps average the shrunk statistics
// into running ones; inference normalizes with them, and a sample's result then depends on no other
// sample: alone, it has the same bits as in its batch.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <jsnorm/jsnorm.hpp>
#include <vector>

namespace {

constexpr int64_t kSamples = 16, kChannels = 8;
constexpr size_t kBatch = 16 * 8;

class BatchNorm {
  public:
    void train(const std::vector<float> &x, std::vector<float> &y) {
        desc_.set(JSNORM_FLOAT, {kSamples, kChannels}).or_throw();
        jsnorm::ForwardTrainingArgs args;
        args.x_desc = args.y_desc = desc_;
        args.x = x.data();
        args.y = y.data();
        args.running_mean = args.next_running_mean = running_mean_.data();
        args.running_variance = args.next_running_variance = running_variance_.data();
        args.step = &updates_;  // the plain average of all updates
        lend_workspace(JSNORM_FORWARD_TRAINING, args);
        jsnorm::forward_training(handle_, norm_, args).or_throw();
        ++updates_;
    }

    void infer(const float *x, float *y, int64_t samples) {
        desc_.set(JSNORM_FLOAT, {samples, kChannels}).or_throw();
        jsnorm::ForwardInferenceArgs args;
        args.x_desc = args.y_desc = desc_;
        args.x = x;
        args.y = y;
        args.running_mean = running_mean_.data();
        args.running_variance = running_variance_.data();
        lend_workspace(JSNORM_FORWARD_INFERENCE, args);
        jsnorm::forward_inference(handle_, norm_, args).or_throw();
    }

  private:
    template <typename Args>
    void lend_workspace(jsnormOperation_t operation, Args &args) {
        workspace_.resize(jsnorm::workspace_size(handle_, norm_, desc_, operation).or_throw());
        args.workspace = workspace_.data();
        args.workspace_bytes = workspace_.size();
    }

    jsnorm::Handle handle_ = jsnorm::Handle::create(JSNORM_BACKEND_CPU).or_throw();
    jsnorm::NormDescriptor norm_ = jsnorm::NormBuilder(JSNORM_BATCH_NORM)
                                       .estimator(JSNORM_ESTIMATOR_SAMPLING)
                                       .build()
                                       .or_throw();
    jsnorm::TensorDescriptor desc_ = jsnorm::TensorDescriptor::create().or_throw();
    std::vector<float> running_mean_ = std::vector<float>(kChannels);
    std::vector<float> running_variance_ = std::vector<float>(kChannels, 1.0f);
    int64_t updates_ = 0;
    std::vector<std::byte> workspace_;
};

int run() {
    BatchNorm norm;
    std::vector<float> x(kBatch), y(kBatch), alone(kChannels);
    for (int step = 0; step < 20; ++step) {
        for (size_t i = 0; i < kBatch; ++i) {
            const auto channel = static_cast<float>(i % kChannels);
            x[i] = 3.0f + 0.1f * channel +
                   std::sin(12.9f * static_cast<float>(i) + 7.1f * static_cast<float>(step));
        }
        norm.train(x, y);
    }

    norm.infer(x.data(), y.data(), kSamples);
    double mean = 0.0;
    for (const float value : y) mean += value / static_cast<double>(kBatch);
    std::printf("mean of the inputs about 3.35, of the outputs %.3f\n", mean);

    for (size_t sample = 0; sample < kSamples; ++sample) {
        norm.infer(&x[sample * kChannels], alone.data(), 1);
        if (std::memcmp(alone.data(), &y[sample * kChannels], kChannels * sizeof(float)) != 0) {
            std::printf("sample %zu differs alone\n", sample);
            return 1;
        }
    }
    std::printf("every sample alone has the same bits\n");
    return std::fabs(mean) < 0.2 ? 0 : 1;
}

}  // namespace

int main() {
    try {
        return run();
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
