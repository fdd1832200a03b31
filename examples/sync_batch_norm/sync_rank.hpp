// SPDX-License-Identifier: Apache-2.0
// One rank of a synchronized batch norm: its part of the batch, and the six phases over it.
#pragma once

#include <jsnorm/jsnorm.h>

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace sync_example {

inline constexpr int64_t kChannels = 16;
inline constexpr int64_t kHeight = 6;
inline constexpr int64_t kWidth = 6;
inline constexpr int64_t kSampleSize = kChannels * kHeight * kWidth;

inline void check(jsnormStatus_t status) {
    if (status == JSNORM_STATUS_SUCCESS) return;
    std::fprintf(stderr, "%s: %s\n", jsnormGetStatusString(status), jsnormGetLastErrorString());
    std::exit(1);
}

// Aligned to the 16 bytes of records and coefficients.
class AlignedBytes {
  public:
    explicit AlignedBytes(size_t bytes)
        : memory_(static_cast<std::byte *>(::operator new(bytes, kAlignment))) {}
    std::byte *data() const { return memory_.get(); }

  private:
    static constexpr std::align_val_t kAlignment{16};
    struct Deleter {
        void operator()(std::byte *memory) const { ::operator delete(memory, kAlignment); }
    };
    std::unique_ptr<std::byte, Deleter> memory_;
};

inline jsnormTensorDescriptor_t make_descriptor(int64_t samples) {
    jsnormTensorDescriptor_t desc = nullptr;
    const int64_t dims[] = {samples, kChannels, kHeight, kWidth};
    check(jsnormCreateTensorDescriptor(&desc));
    check(jsnormSetTensorDescriptor(desc, JSNORM_FLOAT, 4, dims, nullptr));
    return desc;
}

// What every rank knows: the layer and its parameters.
struct Layer {
    jsnormHandle_t handle = nullptr;
    jsnormNormDescriptor_t norm = nullptr;
    std::vector<float> gamma, beta;

    Layer() : gamma(kChannels), beta(kChannels) {
        check(jsnormCreate(&handle, JSNORM_BACKEND_CPU));
        check(jsnormCreateNormDescriptor(&norm, JSNORM_BATCH_NORM));
        for (size_t c = 0; c < kChannels; ++c) {
            gamma[c] = 0.5f + 0.125f * static_cast<float>(c % 8);
            beta[c] = 0.25f * static_cast<float>(c % 5) - 0.5f;
        }
    }
    Layer(const Layer &) = delete;
    ~Layer() {
        jsnormDestroyNormDescriptor(norm);
        jsnormDestroy(handle);
    }

    // Gives an operation its workspace. The memory lives as long as what is returned.
    template <typename Args>
    [[nodiscard]] AlignedBytes lend_workspace(jsnormTensorDescriptor_t desc,
                                              jsnormOperation_t operation, Args &args) const {
        check(jsnormGetWorkspaceSize(handle, norm, desc, operation, &args.workspace_bytes));
        AlignedBytes workspace(args.workspace_bytes);
        args.workspace = workspace.data();
        return workspace;
    }
};

// x and dy of all ranks, one part after another, and what comes of them.
struct Batch {
    std::vector<float> x, dy, y, dx, dgamma, dbeta;

    explicit Batch(int64_t samples) : dgamma(kChannels), dbeta(kChannels) {
        for (auto *tensor : {&x, &dy, &y, &dx}) {
            tensor->resize(static_cast<size_t>(samples * kSampleSize));
        }
        for (size_t i = 0; i < x.size(); ++i) {
            const auto t = static_cast<float>(i);
            x[i] = 1.5f + std::sin(0.37f * t) * (1.0f + std::cos(0.011f * t));
            dy[i] = std::cos(0.23f * t);
        }
    }
};

// One rank, and the six phases it goes through.
class Rank {
  public:
    Rank(const Layer &layer, int64_t samples, Batch &batch, int64_t first_sample)
        : layer_(layer),
          desc_(make_descriptor(samples)),
          batch_(batch),
          offset_(first_sample * kSampleSize) {}
    Rank(const Rank &) = delete;
    ~Rank() { jsnormDestroyTensorDescriptor(desc_); }

    // Forward, 1: my part's record of statistics.
    void statistics(std::byte *record) {
        jsnormForwardStatisticsArgs_t args;
        check(jsnormForwardStatisticsArgsInit(&args, sizeof args));
        args.x_desc = desc_;
        args.x = batch_.x.data() + offset_;
        args.record = record;
        args.record_format = JSNORM_RECORD_MOMENTS;
        const auto space = layer_.lend_workspace(desc_, JSNORM_FORWARD_STATISTICS, args);
        check(jsnormForwardStatistics(layer_.handle, layer_.norm, &args));
    }

    // Forward, 2 and 3: everyone's records, merged and then shrunk; my part of y.
    void forward(const std::byte *records, int64_t record_count) {
        jsnormForwardFinalizeArgs_t finalize;
        check(jsnormForwardFinalizeArgsInit(&finalize, sizeof finalize));
        finalize.x_desc = desc_;
        finalize.records = records;
        finalize.record_count = record_count;
        finalize.record_format = JSNORM_RECORD_MOMENTS;
        finalize.saved_mean = saved_mean_.data();
        finalize.saved_variance = saved_variance_.data();
        finalize.total_count = &total_count_;
        finalize.coefficients = coefficients_.data();
        const auto space = layer_.lend_workspace(desc_, JSNORM_FORWARD_FINALIZE, finalize);
        check(jsnormForwardFinalize(layer_.handle, layer_.norm, &finalize));

        jsnormForwardApplyArgs_t apply;
        check(jsnormForwardApplyArgsInit(&apply, sizeof apply));
        apply.x_desc = apply.y_desc = desc_;
        apply.x = batch_.x.data() + offset_;
        apply.y = batch_.y.data() + offset_;
        apply.gamma = layer_.gamma.data();
        apply.beta = layer_.beta.data();
        apply.coefficients = coefficients_.data();
        const auto apply_space = layer_.lend_workspace(desc_, JSNORM_FORWARD_APPLY, apply);
        check(jsnormForwardApply(layer_.handle, layer_.norm, &apply));
    }

    // Backward, 1: my part's sums.
    const std::vector<double> &reduce() {
        jsnormBackwardReduceArgs_t args;
        check(jsnormBackwardReduceArgsInit(&args, sizeof args));
        args.x_desc = args.dy_desc = desc_;
        args.x = batch_.x.data() + offset_;
        args.dy = batch_.dy.data() + offset_;
        args.saved_mean = saved_mean_.data();
        args.sums = local_sums_.data();
        const auto space = layer_.lend_workspace(desc_, JSNORM_BACKWARD_REDUCE, args);
        check(jsnormBackwardReduce(layer_.handle, layer_.norm, &args));
        return local_sums_;
    }

    // Backward, 2 and 3: everyone's sums; my part of dx, and of dgamma and dbeta, which are added.
    void backward(const std::vector<double> &sums, int64_t record_count) {
        std::vector<float> dgamma(kChannels), dbeta(kChannels);
        jsnormBackwardFinalizeArgs_t finalize;
        check(jsnormBackwardFinalizeArgsInit(&finalize, sizeof finalize));
        finalize.x_desc = desc_;
        finalize.local_sums = local_sums_.data();
        finalize.global_sums = sums.data();
        finalize.record_count = record_count;
        finalize.total_count = &total_count_;
        finalize.gamma = layer_.gamma.data();
        finalize.saved_mean = saved_mean_.data();
        finalize.saved_variance = saved_variance_.data();
        finalize.dgamma = dgamma.data();
        finalize.dbeta = dbeta.data();
        finalize.coefficients = backward_coefficients_.data();
        const auto space = layer_.lend_workspace(desc_, JSNORM_BACKWARD_FINALIZE, finalize);
        check(jsnormBackwardFinalize(layer_.handle, layer_.norm, &finalize));

        jsnormBackwardApplyArgs_t apply;
        check(jsnormBackwardApplyArgsInit(&apply, sizeof apply));
        apply.x_desc = apply.dy_desc = apply.dx_desc = desc_;
        apply.x = batch_.x.data() + offset_;
        apply.dy = batch_.dy.data() + offset_;
        apply.gamma = layer_.gamma.data();
        apply.backward_coefficients = backward_coefficients_.data();
        apply.dx = batch_.dx.data() + offset_;
        const auto apply_space = layer_.lend_workspace(desc_, JSNORM_BACKWARD_APPLY, apply);
        check(jsnormBackwardApply(layer_.handle, layer_.norm, &apply));

        for (size_t c = 0; c < kChannels; ++c) {
            batch_.dgamma[c] += dgamma[c];
            batch_.dbeta[c] += dbeta[c];
        }
    }

  private:
    AlignedBytes coefficient_bytes(decltype(jsnormGetForwardCoefficientSize) get_size) const {
        size_t bytes = 0;
        check(get_size(layer_.norm, desc_, &bytes));
        return AlignedBytes(bytes);
    }

    const Layer &layer_;
    jsnormTensorDescriptor_t desc_;
    Batch &batch_;
    int64_t offset_;
    int64_t total_count_ = 0;
    std::vector<double> saved_mean_ = std::vector<double>(kChannels);
    std::vector<double> saved_variance_ = std::vector<double>(kChannels);
    std::vector<double> local_sums_ = std::vector<double>(2 * kChannels);
    AlignedBytes coefficients_ = coefficient_bytes(jsnormGetForwardCoefficientSize);
    AlignedBytes backward_coefficients_ = coefficient_bytes(jsnormGetBackwardCoefficientSize);
};

}  // namespace sync_example
