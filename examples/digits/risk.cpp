// SPDX-License-Identifier: Apache-2.0
#include "risk.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "backend_memory.hpp"
#include "estimators.hpp"
#include "linear_layer.hpp"
#include "perceptron.hpp"
#include "random_numbers.hpp"

namespace digits {
namespace {

constexpr uint64_t kWeightSeed = 1;
constexpr uint64_t kDrawSeed = 2;
constexpr int64_t kMostRows = 1024;
constexpr double kEpsilon = 1e-5;  // the library's default

// What a norm layer sees of all training images: rows by kHiddenUnits.
struct Population {
    std::vector<float> x;
    std::vector<double> mean = std::vector<double>(kHiddenUnits);
    std::vector<double> variance = std::vector<double>(kHiddenUnits);

    explicit Population(std::vector<float> values) : x(std::move(values)) {
        const auto count = static_cast<double>(rows());
        for_each([&](size_t i, size_t k) { mean[k] += static_cast<double>(x[i]) / count; });
        for_each([&](size_t i, size_t k) {
            const double distance = static_cast<double>(x[i]) - mean[k];
            variance[k] += distance * distance / count;
        });
    }

    int64_t rows() const { return static_cast<int64_t>(x.size()) / kHiddenUnits; }
    double standardized(double value, size_t k) const {
        return (value - mean[k]) / std::sqrt(variance[k] + kEpsilon);
    }

    template <typename Body>
    void for_each(const Body &body) const {
        for (size_t i = 0; i < x.size(); ++i) body(i, i % kHiddenUnits);
    }
};

std::vector<float> apply(const LinearLayer &layer, const std::vector<float> &x, int64_t rows) {
    std::vector<float> y(static_cast<size_t>(rows * kHiddenUnits));
    layer.forward(x.data(), y.data(), rows);
    return y;
}

// The inputs of both norm layers, the first one standardized by the statistics of all images.
std::array<Population, Perceptron::kNormLayers> populations(const Images &images) {
    RandomNumbers random(kWeightSeed);
    const LinearLayer first(kPixels, kHiddenUnits, false, random);
    const LinearLayer second(kHiddenUnits, kHiddenUnits, false, random);
    Population seen_first(apply(first, images.pixels, images.count()));
    std::vector<float> hidden(seen_first.x.size());
    seen_first.for_each([&](size_t i, size_t k) {
        const double xhat = seen_first.standardized(static_cast<double>(seen_first.x[i]), k);
        hidden[i] = static_cast<float>(std::max(xhat, 0.0));
    });
    Population seen_second(apply(second, hidden, images.count()));
    return {std::move(seen_first), std::move(seen_second)};
}

// A batch norm that estimates the statistics of one batch.
class Estimate {
  public:
    Estimate(const jsnorm::Handle &handle, const Estimators &estimators)
        : handle_(handle),
          arrays_(memory_of(handle.backend().or_throw())),
          norm_(jsnorm::NormBuilder(JSNORM_BATCH_NORM)
                    .estimators(estimators.mean, estimators.variance)
                    .build()
                    .or_throw()) {
        const int64_t channels[] = {kHiddenUnits};
        running_desc_.set(JSNORM_DOUBLE, channels).or_throw();
    }

    // Running statistics of one batch are its estimates; the variance is unbiased where it can be.
    void run(const std::vector<float> &x, int64_t rows) {
        const int64_t dims[] = {rows, kHiddenUnits};
        x_desc_.set(JSNORM_FLOAT, dims).or_throw();
        workspace_.reserve(handle_, norm_, x_desc_, JSNORM_FORWARD_TRAINING);
        y.resize(x.size());
        jsnorm::ForwardTrainingArgs args;
        args.x_desc = x_desc_;
        args.x = arrays_.input(x.data(), x.size());
        args.y_desc = x_desc_;
        args.y = arrays_.output(y.data(), y.size());
        args.running_desc = running_desc_;
        args.next_running_mean = arrays_.output(mean.data(), mean.size());
        args.next_running_variance = arrays_.output(variance.data(), variance.size());
        args.factor = 1;
        args.workspace = arrays_.workspace(workspace_.data(), workspace_.bytes());
        args.workspace_bytes = workspace_.bytes();
        jsnorm::forward_training(handle_, norm_, args).or_throw();
        arrays_.finish();
    }

    std::vector<double> mean = std::vector<double>(kHiddenUnits);
    std::vector<double> variance = std::vector<double>(kHiddenUnits);
    std::vector<float> y;

  private:
    const jsnorm::Handle &handle_;
    CallArrays arrays_;
    jsnorm::NormDescriptor norm_;
    jsnorm::TensorDescriptor x_desc_ = jsnorm::TensorDescriptor::create().or_throw();
    jsnorm::TensorDescriptor running_desc_ = jsnorm::TensorDescriptor::create().or_throw();
    Workspace workspace_;
};

struct Errors {
    double means = 0.0;
    double variances = 0.0;
    double outputs = 0.0;

    void add(const Population &truth, const std::vector<float> &x, const Estimate &estimate) {
        const auto square = [](double value) { return value * value; };
        for (size_t k = 0; k < truth.mean.size(); ++k) {
            means += square(estimate.mean[k] - truth.mean[k]);
            variances += square(estimate.variance[k] - truth.variance[k]);
        }
        for (size_t i = 0; i < x.size(); ++i) {
            const double xhat = truth.standardized(static_cast<double>(x[i]), i % kHiddenUnits);
            outputs += square(static_cast<double>(estimate.y[i]) - xhat);
        }
    }
};

void draw(const Population &population, int64_t rows, RandomNumbers &random,
          std::vector<float> &batch) {
    batch.resize(static_cast<size_t>(rows * kHiddenUnits));
    for (int64_t row = 0; row < rows; ++row) {
        const int64_t drawn = random.below(population.rows());
        std::copy_n(population.x.begin() + drawn * kHiddenUnits, kHiddenUnits,
                    batch.begin() + row * kHiddenUnits);
    }
}

}  // namespace

std::vector<RiskRecord> measure_risk(jsnormBackend_t backend, const Digits &digits) {
    const jsnorm::Handle handle = jsnorm::Handle::create(backend).or_throw();
    std::vector<Estimate> estimates;
    for (const Estimators &estimators : kEstimators) estimates.emplace_back(handle, estimators);

    std::vector<RiskRecord> records;
    RandomNumbers random(kDrawSeed);
    std::vector<float> batch;
    int layer = 0;
    for (const Population &population : populations(digits.training)) {
        ++layer;
        for (int64_t rows = 2; rows <= kMostRows; rows *= 2) {
            std::vector<Errors> errors(estimates.size());
            for (int64_t i = 0; i < kRiskDraws; ++i) {
                draw(population, rows, random, batch);
                for (size_t e = 0; e < estimates.size(); ++e) {
                    estimates[e].run(batch, rows);
                    errors[e].add(population, batch, estimates[e]);
                }
            }
            const Errors &plain = errors.front();
            for (size_t e = 0; e < estimates.size(); ++e) {
                records.push_back({layer, rows, kEstimators[e].name, errors[e].means / plain.means,
                                   errors[e].variances / plain.variances,
                                   errors[e].outputs / plain.outputs});
            }
        }
    }
    return records;
}

}  // namespace digits
