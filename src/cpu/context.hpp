// SPDX-License-Identifier: Apache-2.0
// What a running operation on elements of type T works with: its workspace as typed arrays, its
// thread count and its parameters.
#pragma once

#include <cstring>

#include "src/cpu/backend.hpp"
#include "src/cpu/cache.hpp"
#include "src/cpu/finalize.hpp"
#include "src/cpu/kernels.hpp"
#include "src/cpu/schedule.hpp"
#include "src/cpu/values.hpp"
#include "src/cpu/workspace.hpp"

namespace jsnorm::cpu {

template <class T>
class Context {
  public:
    using Acc = Compute<T>;

    Context(const Problem &asked, jsnormOperation_t operation, Resources resources)
        : problem(asked),
          plan_(plan_workspace(asked, operation)),
          base_(static_cast<std::byte *>(resources.workspace)),
          threads(threads_for(asked, resources.threads)) {}

    const Problem &problem;

  private:
    WorkspacePlan plan_;
    std::byte *base_;

  public:
    const int threads;

    double *mean() const { return array<double>(plan_.mean); }
    double *variance() const { return array<double>(plan_.variance); }
    double *shrunk_mean() const { return array<double>(plan_.shrunk_mean); }
    double *shrunk_variance() const { return array<double>(plan_.shrunk_variance); }
    EstimatedStatistics vectors_of(const double *raw_mean, const double *raw_variance) const {
        return {raw_mean, raw_variance, shrunk_mean(), shrunk_variance(),
                array<double>(plan_.rstd)};
    }
    EstimatedStatistics vectors() const { return vectors_of(mean(), variance()); }
    MeanM2 *moment_partials() const { return array<MeanM2>(plan_.partials); }
    GradientSums *gradient_partials() const { return array<GradientSums>(plan_.partials); }
    GradientSums *sums() const { return array<GradientSums>(plan_.sums); }
    double *weighted() const { return array<double>(plan_.weighted); }
    Acc *parameter_partials() const { return array<Acc>(plan_.parameter_partials); }
    ForwardCoefficients<Acc> forward() const { return {array<Acc>(plan_.forward), problem.cells}; }
    BackwardCoefficients<Acc> backward() const {
        return {array<Acc>(plan_.backward), problem.cells};
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
        return {converted(given.gamma, given.type, array<Acc>(plan_.gamma), Acc(1)),
                converted(given.beta, given.type, array<Acc>(plan_.beta), Acc(0))};
    }

    int64_t tensor_bytes() const {
        return problem.cells * problem.cell_elements * static_cast<int64_t>(sizeof(T));
    }
    // Outputs larger than half of a core's last-level cache bypass the caches: whoever reads them
    // next would not find them there.
    bool past_cache() const { return 2 * tensor_bytes() > last_level_cache_bytes(); }

    // A thread's share of a tensor roughly fits a second-level cache.
    bool near() const {
        constexpr int64_t kThreadBytes = 2 * 1024 * 1024;
        return tensor_bytes() <= threads * kThreadBytes;
    }

  private:
    template <class U>
    U *array(size_t offset) const {
        return reinterpret_cast<U *>(base_ + offset);
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
};

// Loads running statistics into the workspace. Raw ones are shrunk here; shrunk ones serve as both
// raw and shrunk statistics.
template <class T>
void use_running_statistics(const Problem &problem, const Context<T> &context,
                            const RunningStatistics &running) {
    const EstimatedStatistics vectors = context.vectors();
    load_values(running.mean, running.type, problem.statistics, context.mean());
    load_values(running.variance, running.type, problem.statistics, context.variance());
    if (problem.norm.running_mode == JSNORM_RUNNING_RAW) {
        shrink_statistics(problem, {0, problem.groups}, static_cast<double>(running.element_count),
                          vectors);
    } else {
        std::copy(vectors.mean, vectors.mean + problem.statistics, vectors.shrunk_mean);
        std::copy(vectors.variance, vectors.variance + problem.statistics, vectors.shrunk_variance);
        reciprocal_deviations(vectors.shrunk_variance, problem.norm.epsilon, problem.statistics,
                              vectors.rstd);
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
