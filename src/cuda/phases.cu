// SPDX-License-Identifier: Apache-2.0
// The forward phases that work on statistics alone: statistics to a record, and records to
// coefficients.
#include "src/core/record.hpp"
#include "src/cuda/context.hpp"
#include "src/cuda/operations.hpp"

namespace jsnorm::cuda {

namespace {

template <class T>
jsnormStatus_t make_record(const Invocation &invocation, const ForwardStatisticsCall &call) {
    Context<T> context(invocation, JSNORM_FORWARD_STATISTICS);
    const Problem &problem = context.problem;
    gpu::FinalizeWriteRecord args;
    args.record = static_cast<jsnormRecordHeader_t *>(call.record);
    args.format = call.format;
    args.statistics = problem.statistics;
    if (!problem.empty()) {
        context.statistics(call.x, 1, context.mean(), context.variance());
        args.count = problem.elements_per_statistic();
        args.mean = context.mean();
        args.m2 = context.variance();
    }
    launch_finalize_write_record(
        context.queue,
        std::max<int64_t>(1, gpu::divide_up(problem.statistics, gpu::kFinalizeThreads)), args);
    return context.queue.status();
}

template <class T>
jsnormStatus_t finalize(const Invocation &invocation, const ForwardFinalizeCall &call) {
    using Acc = Compute<T>;
    Context<T> context(invocation, JSNORM_FORWARD_FINALIZE);
    const Problem &problem = context.problem;
    gpu::FinalizeMergeRecords merge;
    merge.records = static_cast<const jsnormRecordHeader_t *>(call.records);
    merge.record_count = call.record_count;
    merge.stride = static_cast<int64_t>(record_bytes(call.format, problem.statistics));
    merge.format = call.format;
    merge.statistics = problem.statistics;
    merge.mean = context.mean();
    merge.variance = context.variance();
    merge.total_count = context.total_count();
    merge.given_total_count = call.total_count;
    launch_finalize_merge_records(
        context.queue,
        std::max<int64_t>(1, gpu::divide_up(problem.statistics, gpu::kFinalizeThreads)), merge);
    gpu::FinalizeForward<Acc> args;
    args.vectors = {context.mean(), context.variance()};
    args.elements.count = context.total_count();
    args.forward = {static_cast<Acc *>(call.coefficients), problem.cells};
    args.statistics = statistic_arrays(call.statistics);
    args.running = context.running_average(call.running);
    context.finalize(args, context.rules());
    return context.queue.status();
}

}  // namespace

jsnormStatus_t run(const Invocation &invocation, const ForwardStatisticsCall &call) {
    return with_type(invocation.problem->type,
                     [&](auto tag) { return make_record<decltype(tag)>(invocation, call); });
}

jsnormStatus_t run(const Invocation &invocation, const ForwardFinalizeCall &call) {
    return with_type(invocation.problem->type,
                     [&](auto tag) { return finalize<decltype(tag)>(invocation, call); });
}

}  // namespace jsnorm::cuda
