// SPDX-License-Identifier: Apache-2.0
// The phases without an elementwise pass: statistics into a record, and both finalize steps.
#include "src/core/record.hpp"
#include "src/cpu/context.hpp"
#include "src/cpu/statistics.hpp"

namespace jsnorm::cpu {

namespace {

template <class T>
void make_record(const Plan &plan, const ForwardStatisticsCall &call, void *workspace) {
    const Problem &problem = plan.problem;
    const Context<T> context(plan, workspace);
    const int64_t count = problem.statistics;
    const int64_t elements = problem.empty() ? 0 : problem.elements_per_statistic();
    auto *header = static_cast<jsnormRecordHeader_t *>(call.record);
    *header = {elements, call.format, static_cast<int32_t>(count)};
    auto *first = reinterpret_cast<double *>(header + 1);
    double *second = first + count;
    std::fill(first, second + count, 0.0);
    if (elements == 0) return;
    compute_statistics(problem, *plan.inputs, static_cast<const T *>(call.x.data),
                       context.all_cells(), context.threads, context.moment_partials(), first,
                       second);
    if (call.format == JSNORM_RECORD_SUMS) {
        const double n = static_cast<double>(elements);
        for (int64_t k = 0; k < count; ++k) {
            second[k] += n * first[k] * first[k];
            first[k] *= n;
        }
    }
}

// Statistic k of one record.
Moments moments_in(const void *record, jsnormRecordFormat_t format, int64_t count, int64_t k) {
    const auto *header = static_cast<const jsnormRecordHeader_t *>(record);
    const double n = static_cast<double>(header->count);
    if (n == 0) return {};
    if (format == JSNORM_RECORD_SUMS_FLOAT) {
        const auto *sums = reinterpret_cast<const float *>(header + 1);
        return moments_about(0, n, static_cast<double>(sums[k]),
                             static_cast<double>(sums[count + k]));
    }
    const auto *values = reinterpret_cast<const double *>(header + 1);
    if (format == JSNORM_RECORD_SUMS) return moments_about(0, n, values[k], values[count + k]);
    return {n, values[k], values[count + k]};
}

template <class T>
void finalize(const Plan &plan, const ForwardFinalizeCall &call, void *workspace) {
    const Problem &problem = plan.problem;
    const Context<T> context(plan, workspace);
    const int64_t count = problem.statistics;
    const auto *records = static_cast<const std::byte *>(call.records);
    const size_t stride = record_bytes(call.format, count);
    int64_t total_count = 0;
    for (int64_t i = 0; i < call.record_count; ++i) {
        total_count += record_at(records, stride, i)->count;
    }
    for (int64_t k = 0; k < count; ++k) {
        Moments total;
        for (int64_t i = 0; i < call.record_count; ++i) {
            total = merge(total, moments_in(record_at(records, stride, i), call.format, count, k));
        }
        context.mean()[k] = total.mean;
        context.variance()[k] = total.m2;
    }
    const double elements = static_cast<double>(total_count);
    const EstimatedStatistics vectors = context.vectors();
    finish_variances(context.variance(), {0, count}, elements);
    shrink_statistics(problem, context.all_groups(), elements, vectors);
    write_forward_coefficients(problem, context.all_groups(), vectors,
                               forward_coefficients<T>(call.coefficients, problem));
    copy_statistics(context.mean(), count, call.statistics.saved_mean);
    copy_statistics(context.variance(), count, call.statistics.saved_variance);
    copy_statistics(context.shrunk_mean(), count, call.statistics.shrunk_mean);
    copy_statistics(context.shrunk_variance(), count, call.statistics.shrunk_variance);
    if (call.total_count != nullptr) *call.total_count = total_count;
    update_running_statistics(problem, elements, vectors, call.running);
}

// The caller's sums[2K] of every record, added in order, as one entry per statistic.
void gather_sums(const double *sums, int64_t records, int64_t count, GradientSums *gathered) {
    for (int64_t k = 0; k < count; ++k) {
        GradientSums total = {sums[k], sums[count + k]};
        for (int64_t i = 1; i < records; ++i) {
            const double *record = sums + 2 * count * i;
            total.g += record[k];
            total.g_centred += record[count + k];
        }
        gathered[k] = total;
    }
}

template <class T>
void finalize_backward(const Plan &plan, const BackwardFinalizeCall &call, void *workspace) {
    const Problem &problem = plan.problem;
    const Context<T> context(plan, workspace);
    const int64_t count = problem.statistics;
    const double elements = static_cast<double>(*call.total_count);
    const EstimatedStatistics vectors = context.vectors_of(call.saved_mean, call.saved_variance);
    const auto coefficients = backward_coefficients<T>(call.coefficients, problem);
    const Range groups = context.all_groups();
    shrink_statistics(problem, groups, elements, vectors);
    write_centres(problem, groups, vectors, false, coefficients);
    gather_sums(call.global_sums, call.record_count, count, context.sums());
    if (elements > 0) {
        write_backward_coefficients(problem, groups, elements, vectors,
                                    context.parameters(call.parameters), context.sums(),
                                    context.weighted(), coefficients);
    } else {
        std::fill(coefficients.b, coefficients.t + count, Compute<T>(0));
    }
    const bool local = problem.norm.gradient_scope == JSNORM_PARAMETER_GRADIENT_LOCAL;
    if (local && call.local_sums != nullptr) {
        gather_sums(call.local_sums, 1, count, context.sums());
    }
    write_parameter_gradients(problem, context.threads, vectors, false, context.sums(),
                              call.gradients);
}

}  // namespace

void run(const Plan &plan, const ForwardStatisticsCall &call, void *workspace) {
    with_type(plan.problem.type,
              [&](auto tag) { make_record<decltype(tag)>(plan, call, workspace); });
}

void run(const Plan &plan, const ForwardFinalizeCall &call, void *workspace) {
    with_type(plan.problem.type, [&](auto tag) { finalize<decltype(tag)>(plan, call, workspace); });
}

void run(const Plan &plan, const BackwardFinalizeCall &call, void *workspace) {
    with_type(plan.problem.type,
              [&](auto tag) { finalize_backward<decltype(tag)>(plan, call, workspace); });
}

}  // namespace jsnorm::cpu
