// SPDX-License-Identifier: Apache-2.0
// The layer as bare loops: what a call of the library is compared with where the tensor is so small
// that checking arguments, descriptors and threads may cost most. One thread, float, two passes for
// the statistics, James-Stein included, vectorised by the compiler for the best instruction set of
// the machine. Tensors are x[rows][columns]; statistics belong to columns (batch norm) or rows.
#include <cmath>
#include <cstdint>

#include "bench/contestants.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define JSNORM_BENCH_CLONES __attribute__((target_clones("arch=skylake-avx512", "avx2", "default")))
#else
#define JSNORM_BENCH_CLONES
#endif

namespace jsnorm::bench {

namespace {

constexpr float kEpsilon = 1e-5f;

struct Data {
    const float *x, *dy, *gamma, *beta;
    float *out, *dgamma, *dbeta;
    int64_t rows, columns;
    bool couple;
    float *mean, *variance, *rstd, *first, *second;  // per statistic
};

// docs/math.md, section 2.
struct Shrinkage {
    float factor = 1, ratio = 0, kappa = 0;
    Shrinkage(const float *theta, int64_t count, bool couple) {
        float sum = 0, squares = 0;
#pragma omp simd reduction(+ : sum, squares)
        for (int64_t k = 0; k < count; ++k) {
            sum += theta[k];
            squares += theta[k] * theta[k];
        }
        if (!couple || count < 3 || squares == 0) return;
        const auto n = static_cast<float>(count);
        ratio = sum / squares;
        factor = (2 + (n - 2) * (sum * ratio / n)) / n;
        kappa = 2 * ((n - 2) / n) * ratio / n;
    }
    // Section 3: the gradient of theta from that of the shrunk vector, in its place.
    void differentiate(const float *theta, float *d, int64_t count) const {
        float dot = 0;
#pragma omp simd reduction(+ : dot)
        for (int64_t k = 0; k < count; ++k) dot += d[k] * theta[k];
        for (int64_t k = 0; k < count; ++k)
            d[k] = factor * d[k] + dot * kappa * (1 - ratio * theta[k]);
    }
};

JSNORM_BENCH_CLONES
void columns_forward(const Data &t) {
    const int64_t rows = t.rows, columns = t.columns;
    const float scale = 1 / static_cast<float>(rows);
    for (int64_t c = 0; c < columns; ++c) t.mean[c] = t.variance[c] = 0;
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c) t.mean[c] += t.x[r * columns + c] * scale;
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c) {
            const float d = t.x[r * columns + c] - t.mean[c];
            t.variance[c] += d * d * scale;
        }
    const Shrinkage of_mean(t.mean, columns, t.couple), of_variance(t.variance, columns, t.couple);
    for (int64_t c = 0; c < columns; ++c) {
        t.rstd[c] = t.gamma[c] / std::sqrt(of_variance.factor * t.variance[c] + kEpsilon);
        t.first[c] = of_mean.factor * t.mean[c];
    }
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c)
            t.out[r * columns + c] = (t.x[r * columns + c] - t.first[c]) * t.rstd[c] + t.beta[c];
}

// mean and variance are given.
JSNORM_BENCH_CLONES
void columns_backward(const Data &t) {
    const int64_t rows = t.rows, columns = t.columns;
    const Shrinkage of_mean(t.mean, columns, t.couple), of_variance(t.variance, columns, t.couple);
    for (int64_t c = 0; c < columns; ++c) {
        t.rstd[c] = 1 / std::sqrt(of_variance.factor * t.variance[c] + kEpsilon);
        t.dgamma[c] = t.dbeta[c] = 0;
    }
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c) {
            const float dy = t.dy[r * columns + c];
            const float shrunk = of_mean.factor * t.mean[c];
            t.dbeta[c] += dy;
            t.dgamma[c] += dy * (t.x[r * columns + c] - shrunk) * t.rstd[c];
        }
    for (int64_t c = 0; c < columns; ++c) {
        t.first[c] = -t.rstd[c] * t.gamma[c] * t.dbeta[c];
        t.second[c] = -0.5f * t.rstd[c] * t.rstd[c] * t.gamma[c] * t.dgamma[c];
    }
    of_mean.differentiate(t.mean, t.first, columns);
    of_variance.differentiate(t.variance, t.second, columns);
    const float scale = 1 / static_cast<float>(rows);
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c) {
            const int64_t e = r * columns + c;
            t.out[e] = t.gamma[c] * t.rstd[c] * t.dy[e] +
                       scale * (t.first[c] + 2 * t.second[c] * (t.x[e] - t.mean[c]));
        }
}

// Rows of a 2-D layer norm are not shrunk.
JSNORM_BENCH_CLONES
void rows_forward(const Data &t) {
    const int64_t columns = t.columns;
    const float scale = 1 / static_cast<float>(columns);
    for (int64_t r = 0; r < t.rows; ++r) {
        const float *x = t.x + r * columns;
        float sum = 0, squares = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t c = 0; c < columns; ++c) sum += x[c];
        const float mean = sum * scale;
#pragma omp simd reduction(+ : squares)
        for (int64_t c = 0; c < columns; ++c) squares += (x[c] - mean) * (x[c] - mean);
        const float rstd = 1 / std::sqrt(squares * scale + kEpsilon);
        for (int64_t c = 0; c < columns; ++c)
            t.out[r * columns + c] = (x[c] - mean) * rstd * t.gamma[c] + t.beta[c];
    }
}

JSNORM_BENCH_CLONES
void rows_backward(const Data &t) {
    const int64_t columns = t.columns;
    const float scale = 1 / static_cast<float>(columns);
    for (int64_t c = 0; c < columns; ++c) t.dgamma[c] = t.dbeta[c] = 0;
    for (int64_t r = 0; r < t.rows; ++r) {
        const float *x = t.x + r * columns, *dy = t.dy + r * columns;
        const float mean = t.mean[r], rstd = 1 / std::sqrt(t.variance[r] + kEpsilon);
        float sum = 0, product = 0;
#pragma omp simd reduction(+ : sum, product)
        for (int64_t c = 0; c < columns; ++c) {
            const float xhat = (x[c] - mean) * rstd;
            const float weighted = t.gamma[c] * dy[c];
            sum += weighted;
            product += weighted * xhat;
            t.dgamma[c] += dy[c] * xhat;
            t.dbeta[c] += dy[c];
        }
        for (int64_t c = 0; c < columns; ++c) {
            const float xhat = (x[c] - mean) * rstd;
            t.out[r * columns + c] = rstd * (t.gamma[c] * dy[c] - scale * (sum + xhat * product));
        }
    }
}

class Loops : public HostContestant {
  public:
    Loops(const Case &which, Tensors &tensors) : HostContestant(tensors), which_(which) {
        for (auto *scratch : {&rstd_, &first_, &second_}) scratch->resize(mean_.size());
    }

  private:
    void call(size_t index) override {
        const TensorSet &set = tensors_.sets()[index];
        const View view = which_.view();
        const bool rows = which_.shape.layer == Layer::kLayer;
        const Data data{reinterpret_cast<const float *>(set.x),
                        reinterpret_cast<const float *>(set.dy),
                        tensors_.gamma.data(),
                        tensors_.beta.data(),
                        reinterpret_cast<float *>(set.out),
                        tensors_.dgamma.data(),
                        tensors_.dbeta.data(),
                        rows ? view.statistics : view.outer,
                        rows ? view.inner : view.statistics,
                        which_.coupled(),
                        mean_.data(),
                        variance_.data(),
                        rstd_.data(),
                        first_.data(),
                        second_.data()};
        if (which_.direction == Direction::kForward)
            rows ? rows_forward(data) : columns_forward(data);
        else
            rows ? rows_backward(data) : columns_backward(data);
    }

    Case which_;
    std::vector<float> mean_{tensors_.saved_mean.begin(), tensors_.saved_mean.end()};
    std::vector<float> variance_{tensors_.saved_variance.begin(), tensors_.saved_variance.end()};
    std::vector<float> rstd_, first_, second_;
};

}  // namespace

std::unique_ptr<Contestant> make_loops(const Case &which, Tensors &tensors, const Settings &) {
    const bool rows = which.shape.layer == Layer::kLayer && !which.coupled();
    const bool columns =
        which.shape.layer == Layer::kBatch && which.layout == Layout::kChannelsLast;
    if (which.type != JSNORM_FLOAT || which.fusion != Fusion::kNone || !(rows || columns) ||
        which.direction == Direction::kInference)
        throw Unavailable("the loops are of plain float layers with contiguous columns");
    return std::make_unique<Loops>(which, tensors);
}

}  // namespace jsnorm::bench
