// SPDX-License-Identifier: Apache-2.0
// What a running operation on elements of type T works with: its workspace as typed arrays, its
// thread count and its parameters.
#pragma once

#include <cstring>

#include "src/cpu/backend.hpp"
#include "src/cpu/finalize.hpp"
#include "src/cpu/kernels.hpp"
#include "src/cpu/values.hpp"

namespace jsnorm::cpu {

template <class T>
class Context {
  public:
    using Acc = Compute<T>;

    Context(const Plan &made, void *workspace)
        : plan(made),
          problem(made.problem),
          threads(made.threads),
          memory_(static_cast<std::byte *>(workspace)) {}

    const Plan &plan;
    const Problem &problem;
    const int threads;

    double *mean() const { return array<double>(Array::kMean); }
    double *variance() const { return array<double>(Array::kVariance); }
    double *shrunk_mean() const { return array<double>(Array::kShrunkMean); }
    double *shrunk_variance() const { return array<double>(Array::kShrunkVariance); }
    EstimatedStatistics vectors_of(const double *raw_mean, const double *raw_variance) const {
        return {raw_mean, raw_variance, shrunk_mean(), shrunk_variance(),
                array<double>(Array::kRstd)};
    }
    EstimatedStatistics vectors() const { return vectors_of(mean(), variance()); }
    MeanM2 *moment_partials() const { return array<MeanM2>(Array::kPartials); }
    GradientSums *gradient_partials() const { return array<GradientSums>(Array::kPartials); }
    GradientSums *sums() const { return array<GradientSums>(Array::kSums); }
    double *weighted() const { return array<double>(Array::kWeighted); }
    Acc *parameter_partials() const { return array<Acc>(Array::kParameterPartials); }
    ForwardCoefficients<Acc> forward() const {
        return {array<Acc>(Array::kForward), problem.cells};
    }
    BackwardCoefficients<Acc> backward() const {
        return {array<Acc>(Array::kBackward), problem.cells};
    }

    double elements() const { return static_cast<double>(problem.elements_per_statistic()); }
    Range all_groups() const { return {0, problem.groups}; }
    Range all_cells() const { return {0, problem.cells}; }
    Range cells_of_groups(Range groups) const {
        const int64_t cells = problem.statistics * problem.cells_per_statistic;
        return {groups.begin * cells, groups.end * cells};
    }

    // gamma and beta in the type of arithmetic: the caller's arrays if they have that type, else
    // copies in the workspace.
    ParameterValues<Acc> parameters(const Parameters &given) const {
        return {converted(given.gamma, given.type, array<Acc>(Array::kGamma), Acc(1)),
                converted(given.beta, given.type, array<Acc>(Array::kBeta), Acc(0))};
    }

  private:
    template <class U>
    U *array(Array which) const {
        return reinterpret_cast<U *>(memory_ + plan.workspace.offset(which));
    }

    const Acc *converted(const void *given, jsnormDataType_t type, Acc *buffer, Acc absent) const {
        const int64_t count = problem.shape.parameters;
        if (given == nullptr) {
            std::fill(buffer, buffer + count, absent);
            return buffer;
        }
        if (bytes_of(type) == sizeof(Acc)) return static_cast<const Acc *>(given);
        load_values(given, type, count, buffer);
        return buffer;
    }

    std::byte *memory_;
};

// Loads running statistics into the workspace. Raw ones are shrunk here; shrunk ones serve as both
// raw and shrunk statistics.
template <class T>
void use_running_statistics(const Context<T> &context, const RunningStatistics &running) {
    const Problem together = statistics_together(context.problem);
    EstimatedStatistics vectors = context.vectors();
    vectors.unbiased = corrects_running_variance(together.norm);
    const int64_t count = together.statistics;
    load_values(running.mean, running.type, count, context.mean());
    load_values(running.variance, running.type, count, context.variance());
    if (together.norm.running_mode == JSNORM_RUNNING_RAW) {
        shrink_statistics(together, {0, together.groups},
                          static_cast<double>(running.element_count), vectors);
    } else {
        std::copy(vectors.mean, vectors.mean + count, vectors.shrunk_mean);
        std::copy(vectors.variance, vectors.variance + count, vectors.shrunk_variance);
        reciprocal_deviations(vectors.shrunk_variance, together.norm.epsilon, count, vectors.rstd);
    }
}

// Coefficients in the caller's memory, as the finalize operations write them.
template <class T>
ForwardCoefficients<Compute<T>> forward_coefficients(const void *given, const Problem &problem) {
    return {static_cast<Compute<T> *>(const_cast<void *>(given)), problem.cells};
}

template <class T>
BackwardCoefficients<Compute<T>> backward_coefficients(const void *given, const Problem &problem) {
    return {static_cast<Compute<T> *>(const_cast<void *>(given)), problem.cells};
}

// Clears the mask of x: kernels or bits into words that several runs share.
inline void clear_mask(uint32_t *mask, const Layout &x, int threads) {
    if (mask == nullptr) return;
    constexpr int64_t kWords = 64 * 1024;
    const int64_t words = divide_up(x.elements(), 32);
    parallel_for(threads, divide_up(words, kWords), [&](int64_t i) {
        const int64_t count = std::min(kWords, words - i * kWords);
        std::memset(mask + i * kWords, 0, static_cast<size_t>(count) * sizeof(uint32_t));
    });
}

inline Gate gate_of(const Problem &problem, const uint32_t *mask) {
    if (problem.norm.activation == JSNORM_ACTIVATION_NONE) return Gate::kNone;
    return mask != nullptr ? Gate::kMask : Gate::kRecompute;
}

inline void copy_statistics(const double *source, int64_t count, double *target) {
    if (target != nullptr) std::copy(source, source + count, target);
}

}  // namespace jsnorm::cpu
