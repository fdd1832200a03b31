// SPDX-License-Identifier: Apache-2.0
// The forward phases that work on statistics alone: statistics to a record, and records to
// coefficients.
#include "src/core/record.hpp"
#include "src/cuda/finalize.hpp"
#include "src/cuda/operations.hpp"

namespace jsnorm::cuda {

namespace {

template <class T>
void make_record(Context<T> &context, const ForwardStatisticsCall &call) {
    gpu::FinalizeForward<T> args;
    args.record.record = static_cast<jsnormRecordHeader_t *>(call.record);
    args.record.format = call.format;
    args.record.statistics = context.problem.statistics;
    if (context.plan.sums) {
        constexpr double kM2 = 1;  // divides M2: a record holds the sum itself
        args.moments = compute_moments(context, call.x, kM2);
        args.record.count = context.problem.elements_per_statistic();
        args.record.mean = context.arrays.mean();
        args.record.m2 = context.arrays.variance();
    }
    finalize(context, args);
}

template <class T>
void finalize_phase(Context<T> &context, const ForwardFinalizeCall &call) {
    const Problem &problem = context.problem;
    const WorkspaceArrays<T> &arrays = context.arrays;
    gpu::FinalizeForward<T> args;
    gpu::MergeRecords &merge = args.records;
    merge.records = static_cast<const jsnormRecordHeader_t *>(call.records);
    merge.record_count = call.record_count;
    merge.stride = static_cast<int64_t>(record_bytes(call.format, problem.statistics));
    merge.format = call.format;
    merge.statistics = problem.statistics;
    merge.mean = arrays.mean();
    merge.variance = arrays.variance();
    merge.total_count = arrays.total_count();
    merge.given_total_count = call.total_count;
    gpu::Elements elements;
    elements.count = arrays.total_count();
    want_estimates(context, context.rules(), {arrays.mean(), arrays.variance()}, elements, args);
    args.estimates.forward = {static_cast<Compute<T> *>(call.coefficients), problem.cells};
    args.estimates.statistics = statistic_arrays(call.statistics);
    args.estimates.running = context.running_average(call.running);
    finalize(context, args);
}

}  // namespace

jsnormStatus_t run(const Invocation &invocation, const Plan &plan,
                   const ForwardStatisticsCall &call) {
    return with_context(invocation, plan, [&](auto &context) { make_record(context, call); });
}

jsnormStatus_t run(const Invocation &invocation, const Plan &plan,
                   const ForwardFinalizeCall &call) {
    return with_context(invocation, plan, [&](auto &context) { finalize_phase(context, call); });
}

}  // namespace jsnorm::cuda
