// SPDX-License-Identifier: Apache-2.0
// An operation at work on elements of type T: its kernels' queue, its workspace as typed arrays,
// and the steps that forward and backward share.
#pragma once

#include "src/core/backend.hpp"
#include "src/core/with_type.hpp"
#include "src/cuda/plan/geometry.hpp"
#include "src/cuda/launch/launchers.hpp"
#include "src/cuda/plan/workspace.hpp"

namespace jsnorm::cuda {

inline bool is_aligned(const void *pointer) {
    return reinterpret_cast<uintptr_t>(pointer) % 16 == 0;
}

template <class T>
class Context {
  public:
    using Acc = Compute<T>;

    Context(const Invocation &invocation, jsnormOperation_t operation)
        : problem(*invocation.problem),
          queue(*invocation.handle),
          device(invocation.handle->device),
          plan_(plan_workspace(*invocation.problem, operation)),
          base_(static_cast<std::byte *>(invocation.workspace)) {}

    const Problem &problem;
    Queue queue;
    const DeviceSpec &device;

    double *mean() const { return array<double>(plan_.mean); }
    double *variance() const { return array<double>(plan_.variance); }
    double *shrunk_mean() const { return array<double>(plan_.shrunk_mean); }
    double *shrunk_variance() const { return array<double>(plan_.shrunk_variance); }
    double *sums() const { return array<double>(plan_.sums); }
    gpu::MeanM2 *moment_partials() const { return array<gpu::MeanM2>(plan_.partials); }
    gpu::GradientSums *gradient_partials() const {
        return array<gpu::GradientSums>(plan_.partials);
    }
    Acc *parameter_partials() const { return array<Acc>(plan_.parameter_partials); }
    int64_t *total_count() const { return array<int64_t>(plan_.total_count); }
    gpu::ForwardArrays<Acc> forward() const { return {array<Acc>(plan_.forward), problem.cells}; }
    gpu::BackwardArrays<Acc> backward() const {
        return {array<Acc>(plan_.backward), problem.cells};
    }
    gpu::VectorSums *slices() const {
        return has_slices() ? array<gpu::VectorSums>(plan_.slices) : nullptr;
    }
    double *gradient_slices() const {
        return has_slices() ? array<double>(plan_.gradient_slices) : nullptr;
    }

    double elements() const { return static_cast<double>(problem.elements_per_statistic()); }

    gpu::NormRules rules() const {
        const NormConfig &norm = problem.norm;
        return {norm.mean_estimator, norm.variance_estimator, norm.lambda, norm.epsilon};
    }

    gpu::Groups groups() const {
        return groups_of(problem, power_of_two(problem.statistics, gpu::kFinalizeThreads));
    }

    // gamma and beta in memory as kernels read them: the caller's own, or a copy in the workspace.
    gpu::ParameterArrays<Acc> parameters(const Parameters &given) {
        constexpr jsnormDataType_t kType = sizeof(Acc) == 8 ? JSNORM_DOUBLE : JSNORM_FLOAT;
        const bool by_element = problem.parameter_per_element;
        const auto readable = [&](const void *data) {
            if (data == nullptr || given.type != kType) return false;
            return !by_element || (sizeof(T) != 2 && is_aligned(data) &&
                                   problem.shape.parameters % gpu::kWidth<T> == 0);
        };
        if (readable(given.gamma) && readable(given.beta)) {
            return {static_cast<const Acc *>(given.gamma), static_cast<const Acc *>(given.beta)};
        }
        const gpu::ParameterArrays<Acc> copy = {array<Acc>(plan_.gamma), array<Acc>(plan_.beta)};
        if (!copied_) {
            gpu::FinalizeWidenParameters<T> widen;
            widen.gamma = given_array(given.gamma, given.type);
            widen.beta = given_array(given.beta, given.type);
            widen.count = problem.shape.parameters;
            widen.padded = padded_parameters(problem);
            widen.ordered = by_element ? 1 : 0;
            widen.wide_gamma = array<Acc>(plan_.gamma);
            widen.wide_beta = array<Acc>(plan_.beta);
            launch_finalize_widen_parameters<T>(queue, gpu::divide_up(widen.padded, gpu::kFinalizeThreads),
                                       widen);
            copied_ = true;
        }
        return copy;
    }
    // The same for kernels of rows, whose blocks may hold them.
    gpu::RowParameters<T> row_parameters(const Parameters &given, int32_t held) {
        gpu::RowParameters<T> result;
        result.per_element = problem.parameter_per_element ? 1 : 0;
        result.held = held;
        result.count = gpu::make_divisor(problem.shape.parameters);
        if (held != 0) {
            constexpr int64_t kMostWidth = 8;
            result.wide = is_aligned(given.gamma) && is_aligned(given.beta) &&
                                  problem.shape.parameters % kMostWidth == 0
                              ? 1
                              : 0;
            result.given[gpu::kGamma] = given_array(given.gamma, given.type);
            result.given[gpu::kBeta] = given_array(given.beta, given.type);
        } else {
            const gpu::ParameterArrays<Acc> in_memory = parameters(given);
            result.values[gpu::kGamma] = in_memory.gamma;
            result.values[gpu::kBeta] = in_memory.beta;
        }
        return result;
    }

    gpu::GradientArray<T> gradient(void *data, jsnormDataType_t type) const {
        gpu::GradientArray<T> array;
        if (type == problem.type) {
            array.as_x = static_cast<T *>(data);
        } else {
            array.as_float = static_cast<float *>(data);
        }
        return array;
    }

    // x -> mean, and M2 over `divisor`, of every statistic.
    void statistics(const ConstTensor &x, double divisor, double *mean, double *m2) {
        const View view = make_view(problem, {&x.layout});
        const Tree tree = make_tree(problem, view);
        const bool aligned = is_aligned(x.data);
        const auto *data = static_cast<const T *>(x.data);
        if (tree.columns) {
            const bool vectors = allows_vectors(problem, view, tree, aligned);
            const gpu::Columns columns = columns_of(problem, view, tree, vectors);
            launch_columns_statistics<T>(queue, columns.units(), {columns, data, moment_partials()});
        } else {
            const RowsPlan plan = plan_rows(problem, tree, RowsKernel::kStatistics,
                                            row_access(problem, view, tree, aligned), device);
            const gpu::Rows rows = rows_of(problem, view, tree, plan.access);
            launch_rows_statistics<T>(queue, tree.lanes, row_blocks(problem, tree) * rows.chunks,
                                      plan.shared_bytes(),
                                      {rows, data, moment_partials(), plan.memory});
        }
        gpu::FinalizeMergeMoments merge;
        merge.parts = parts_of(problem, tree, problem.cells_per_statistic);
        merge.statistics = problem.statistics_total();
        merge.cells_per_statistic = problem.cells_per_statistic;
        merge.divisor = divisor;
        merge.partials = moment_partials();
        merge.mean = mean;
        merge.m2 = m2;
        launch_finalize_merge_moments(queue, merge_blocks(merge.statistics, merge.parts.threads), merge);
    }

    // Sums of slices of the vectors, where they are long.
    const gpu::VectorSums *slice(const gpu::Groups &groups, const gpu::NormRules &rules,
                                 const gpu::StatisticVectors &vectors) {
        if (slices() == nullptr || (groups.mean_couples == 0 && groups.variance_couples == 0)) {
            return nullptr;
        }
        launch_finalize_slice_sums(queue, groups.groups * groups.slices, {groups, rules, vectors, slices()});
        return slices();
    }

    // Running statistics as doubles into the workspace; returns the rules that shrink them.
    gpu::NormRules use_running(const RunningStatistics &running) {
        gpu::FinalizeWidenRunning widen;
        widen.mean = running_array(running.mean, running.type);
        widen.variance = running_array(running.variance, running.type);
        widen.statistics = problem.statistics;
        widen.wide_mean = mean();
        widen.wide_variance = variance();
        launch_finalize_widen_running(queue, gpu::divide_up(problem.statistics, gpu::kFinalizeThreads),
                             widen);
        gpu::NormRules result = rules();
        if (problem.norm.running_mode != JSNORM_RUNNING_RAW) {
            result.mean_estimator = JSNORM_ESTIMATOR_NONE;
            result.variance_estimator = JSNORM_ESTIMATOR_NONE;
        }
        return result;
    }

    // Completes `finalize`, whose vectors, elements and outputs are set, and enqueues it.
    void finalize(gpu::FinalizeForward<Acc> finalize, const gpu::NormRules &with) {
        finalize.groups = groups();
        finalize.rules = with;
        const bool couples_anything = with.mean_estimator != JSNORM_ESTIMATOR_NONE ||
                                      with.variance_estimator != JSNORM_ESTIMATOR_NONE;
        if (!couples_anything) {
            finalize.groups.mean_couples = 0;
            finalize.groups.variance_couples = 0;
        }
        if (finalize.vectors.mean != nullptr) {
            finalize.slices = slice(finalize.groups, with, finalize.vectors);
        }
        finalize.cells_per_statistic = problem.cells_per_statistic;
        launch_finalize_forward(queue, gpu::finalize_blocks(finalize.groups), finalize);
    }

    static gpu::RunningArray running_array(const void *data, jsnormDataType_t type) {
        gpu::RunningArray array;
        void *writable = const_cast<void *>(data);
        if (type == JSNORM_DOUBLE) {
            array.as_double = static_cast<double *>(writable);
        } else {
            array.as_float = static_cast<float *>(writable);
        }
        return array;
    }

    gpu::RunningAverage running_average(const RunningUpdate &update) const {
        const NormConfig &norm = problem.norm;
        gpu::RunningAverage average;
        average.mean = running_array(update.mean, update.type);
        average.variance = running_array(update.variance, update.type);
        average.next_mean = running_array(update.next_mean, update.type);
        average.next_variance = running_array(update.next_variance, update.type);
        average.factor = update.factor;
        average.step = update.step;
        average.raw = norm.running_mode == JSNORM_RUNNING_RAW ? 1 : 0;
        const bool corrected = norm.running_variance == JSNORM_RUNNING_VARIANCE_CORRECTED &&
                               (norm.variance_estimator == JSNORM_ESTIMATOR_NONE ||
                                norm.variance_estimator == JSNORM_ESTIMATOR_JAMES_STEIN ||
                                norm.variance_estimator == JSNORM_ESTIMATOR_GRAND_MEAN);
        average.corrected = corrected ? 1 : 0;
        return average;
    }

    static int64_t merge_blocks(int64_t statistics, int32_t threads) {
        return gpu::divide_up(statistics, gpu::kFinalizeThreads / threads);
    }

    Gate gate(const uint32_t *mask) const {
        if (problem.norm.activation == JSNORM_ACTIVATION_NONE) return Gate::kNone;
        return mask != nullptr ? Gate::kMask : Gate::kRecompute;
    }

    // Whether an apply kernel marks its accesses evict-first: where some of a tensor stays in the L2
    // cache, and must not be driven out by what nobody reads again.
    int32_t streams() const {
        const auto bytes = static_cast<size_t>(problem.cells * problem.cell_elements) * sizeof(T);
        return 2 * bytes > device.l2_bytes && bytes < 3 * device.l2_bytes ? 1 : 0;
    }

  private:
    gpu::GivenArray<T> given_array(const void *data, jsnormDataType_t type) const {
        gpu::GivenArray<T> given;
        if (type == problem.type) {
            given.as_x = static_cast<const T *>(data);
        } else {
            given.as_float = static_cast<const float *>(data);
        }
        return given;
    }

    bool has_slices() const { return problem.statistics > gpu::kSliceStatistics; }

    template <class U>
    U *array(size_t offset) const {
        return reinterpret_cast<U *>(base_ + offset);
    }

    Workspace plan_;
    std::byte *base_;
    bool copied_ = false;  // gamma and beta
};

inline gpu::StatisticArrays statistic_arrays(const StatisticOutputs &outputs) {
    return {outputs.saved_mean, outputs.saved_variance, outputs.shrunk_mean,
            outputs.shrunk_variance};
}

}  // namespace jsnorm::cuda
