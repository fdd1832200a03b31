// SPDX-License-Identifier: Apache-2.0
// Accounting is "useful" bytes: what an operation must move at least, whatever it does move. An
// operation that reads x twice can thus not reach the copy's rate on tensors beyond the caches.
#include "bandwidth.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <iterator>
#include <numeric>

#include "random_numbers.hpp"

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace digits {
namespace {

constexpr int kRepetitions = 15;

struct Shape {
    const char *name;
    jsnormNormKind_t kind;
    std::vector<int64_t> dims;
    std::vector<int64_t> strides;  // empty: packed, row-major
};

std::vector<Shape> shapes() {
    constexpr int64_t kNhwc[] = {56 * 56 * 64, 1, 56 * 64, 64};
    return {{"batch norm NCHW 32x64x56x56", JSNORM_BATCH_NORM, {32, 64, 56, 56}, {}},
            {"batch norm NHWC 32x64x56x56",
             JSNORM_BATCH_NORM,
             {32, 64, 56, 56},
             {std::begin(kNhwc), std::end(kNhwc)}},
            {"layer norm 32x512x768", JSNORM_LAYER_NORM, {32, 512, 768}, {}}};
}

// The first call, which touches new memory and fills caches, does not count.
template <typename Operation>
double median_milliseconds(const Operation &operation) {
    operation();
    std::array<double, kRepetitions> times{};
    for (double &time : times) {
        const auto start = std::chrono::steady_clock::now();
        operation();
        const auto end = std::chrono::steady_clock::now();
        time = std::chrono::duration<double, std::milli>(end - start).count();
    }
    std::nth_element(times.begin(), times.begin() + kRepetitions / 2, times.end());
    return times[kRepetitions / 2];
}

// A memcpy by all threads, each its own stretch.
void copy(const std::vector<float> &from, std::vector<float> &to) {
    const size_t threads = static_cast<size_t>(thread_count());
    const size_t chunk = (from.size() + threads - 1) / threads;
#if defined(_OPENMP)
#pragma omp parallel for schedule(static) num_threads(static_cast <int>(threads))
#endif
    for (size_t thread = 0; thread < threads; ++thread) {
        const size_t begin = std::min(from.size(), thread * chunk);
        const size_t end = std::min(from.size(), begin + chunk);
        std::memcpy(to.data() + begin, from.data() + begin, (end - begin) * sizeof(float));
    }
}

// The tensors of one shape, and both operations on them.
class Subject {
  public:
    Subject(const jsnorm::Handle &handle, const Shape &shape, jsnormEstimator_t estimator)
        : handle_(handle),
          norm_(jsnorm::NormBuilder(shape.kind).estimator(estimator).build().or_throw()),
          desc_(jsnorm::TensorDescriptor::create(JSNORM_FLOAT, shape.dims, shape.strides)
                    .or_throw()) {
        const jsnorm::StatisticsShape view = jsnorm::statistics_shape(norm_, desc_).or_throw();
        const size_t elements = static_cast<size_t>(std::accumulate(
            shape.dims.begin(), shape.dims.end(), int64_t{1}, std::multiplies<int64_t>()));
        for (auto *tensor : {&x, &dy, &result}) tensor->resize(elements);
        for (auto *statistic : {&mean_, &variance_}) {
            statistic->resize(static_cast<size_t>(view.groups * view.statistics_per_group));
        }
        gamma_.assign(static_cast<size_t>(view.parameter_count), 1.25f);
        beta_.assign(static_cast<size_t>(view.parameter_count), 0.5f);
        dgamma_.resize(gamma_.size());
        dbeta_.resize(gamma_.size());
        workspace_.reserve(handle, norm_, desc_, JSNORM_FORWARD_TRAINING);
        workspace_.reserve(handle, norm_, desc_, JSNORM_BACKWARD);
        RandomNumbers random(1);
        for (auto *tensor : {&x, &dy}) {
            for (float &value : *tensor) value = random.uniform(-1.0f, 1.5f);
        }
    }

    void forward() {
        jsnorm::ForwardTrainingArgs args;
        args.x_desc = desc_;
        args.x = x.data();
        args.y_desc = desc_;
        args.y = result.data();
        args.gamma = gamma_.data();
        args.beta = beta_.data();
        args.saved_mean = mean_.data();
        args.saved_variance = variance_.data();
        args.workspace = workspace_.data();
        args.workspace_bytes = workspace_.bytes();
        jsnorm::forward_training(handle_, norm_, args).or_throw();
    }

    void backward() {
        jsnorm::BackwardArgs args;
        args.x_desc = desc_;
        args.x = x.data();
        args.dy_desc = desc_;
        args.dy = dy.data();
        args.gamma = gamma_.data();
        args.saved_mean = mean_.data();
        args.saved_variance = variance_.data();
        args.dx_desc = desc_;
        args.dx = result.data();
        args.dgamma = dgamma_.data();
        args.dbeta = dbeta_.data();
        args.workspace = workspace_.data();
        args.workspace_bytes = workspace_.bytes();
        jsnorm::backward(handle_, norm_, args).or_throw();
    }

    double least_bytes(jsnormOperation_t operation) const {
        const auto traffic = jsnorm::memory_traffic(handle_, norm_, desc_, operation).or_throw();
        return static_cast<double>(traffic.least_tensor_bytes);
    }

    std::vector<float> x, dy, result;

  private:
    const jsnorm::Handle &handle_;
    jsnorm::NormDescriptor norm_;
    jsnorm::TensorDescriptor desc_;
    std::vector<float> gamma_, beta_, dgamma_, dbeta_;
    std::vector<double> mean_, variance_;
    Workspace workspace_;
};

}  // namespace

int thread_count() {
#if defined(_OPENMP)
    return omp_get_max_threads();
#else
    return 1;
#endif
}

std::vector<BandwidthRecord> measure_bandwidth(jsnormBackend_t backend) {
    const jsnorm::Handle handle = jsnorm::Handle::create(backend).or_throw();
    std::vector<BandwidthRecord> records;
    for (const Shape &shape : shapes()) {
        for (const auto estimator : {JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_NONE}) {
            Subject subject(handle, shape, estimator);
            BandwidthRecord record{
                shape.name, estimator == JSNORM_ESTIMATOR_NONE ? "none" : "james_stein",
                "",         0,
                0,          0,
                0};
            record.copy_milliseconds =
                median_milliseconds([&] { copy(subject.x, subject.result); });
            record.copy_bytes = 2.0 * static_cast<double>(subject.x.size() * sizeof(float));
            record.operation = "forward";
            record.milliseconds = median_milliseconds([&] { subject.forward(); });
            record.bytes = subject.least_bytes(JSNORM_FORWARD_TRAINING);
            records.push_back(record);
            record.operation = "backward";
            record.milliseconds = median_milliseconds([&] { subject.backward(); });
            record.bytes = subject.least_bytes(JSNORM_BACKWARD);
            records.push_back(record);
        }
    }
    return records;
}

}  // namespace digits
