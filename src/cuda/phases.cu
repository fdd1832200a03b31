// SPDX-License-Identifier: Apache-2.0
// The forward phases that work on statistics alone: statistics to a record, and records to
// coefficients.
#include "src/core/record.hpp"
#include "src/cuda/finalize.hpp"
#include "src/cuda/operations.hpp"

namespace jsnorm::cuda {

namespace {

// At least one block: it writes the header, or the count.
int64_t blocks_of_record(const Problem &problem) {
    return std::max<int64_t>(1, blocks_of_entries(problem.statistics));
}

template <class T>
void make_record(Context<T> &context, const ForwardStatisticsCall &call) {
    const Problem &problem = context.problem;
    gpu::FinalizeWriteRecord args;
    args.record = static_cast<jsnormRecordHeader_t *>(call.record);
    args.format = call.format;
    args.statistics = problem.statistics;
    if (context.plan.sums) {
        constexpr double kM2 = 1;  // divides M2: a record holds the sum itself
        compute_statistics(context, call.x, kM2, context.arrays.mean(), context.arrays.variance());
        args.count = problem.elements_per_statistic();
        args.mean = context.arrays.mean();
        args.m2 = context.arrays.variance();
    }
    launch_finalize_write_record(context.queue, blocks_of_record(problem), args);
}

template <class T>
void finalize_phase(Context<T> &context, const ForwardFinalizeCall &call) {
    const Problem &problem = context.problem;
    const WorkspaceArrays<T> &arrays = context.arrays;
    gpu::FinalizeMergeRecords merge;
    merge.records = static_cast<const jsnormRecordHeader_t *>(call.records);
    merge.record_count = call.record_count;
    merge.stride = static_cast<int64_t>(record_bytes(call.format, problem.statistics));
    merge.format = call.format;
    merge.statistics = problem.statistics;
    merge.mean = arrays.mean();
    merge.variance = arrays.variance();
    merge.total_count = arrays.total_count();
    merge.given_total_count = call.total_count;
    launch_finalize_merge_records(context.queue, blocks_of_record(problem), merge);
    gpu::FinalizeForward<Compute<T>> args;
    args.vectors = {arrays.mean(), arrays.variance()};
    args.elements.count = arrays.total_count();
    args.forward = {static_cast<Compute<T> *>(call.coefficients), problem.cells};
    args.statistics = statistic_arrays(call.statistics);
    args.running = context.running_average(call.running);
    finalize_forward(context, args, context.rules());
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
