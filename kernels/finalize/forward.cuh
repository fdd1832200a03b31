// SPDX-License-Identifier: Apache-2.0
// Everything between the sums of forward and its elements, in steps: partial results, records or
// running statistics -> statistics of double -> sums of slices -> coefficients. A step that is not
// wanted has no work.
#pragma once

#include "kernels/finalize/clear_mask.cuh"
#include "kernels/finalize/estimates.cuh"
#include "kernels/finalize/merge_moments.cuh"
#include "kernels/finalize/merge_records.cuh"
#include "kernels/finalize/slice_sums.cuh"
#include "kernels/finalize/steps.cuh"
#include "kernels/finalize/widen_parameters.cuh"
#include "kernels/finalize/widen_running.cuh"
#include "kernels/finalize/write_record.cuh"

namespace jsnorm::gpu {

template <class T>
struct FinalizeForward {
    Meeting meeting = Meeting::kNone;
    MergeMoments moments;
    MergeRecords records;
    WidenRunning running;
    int32_t slices_summed = 0;  // 1: those of the estimates are summed
    Estimates<Compute<T>> estimates;
    WriteRecord record;
    WidenParameters<T> parameters;
    ClearMask mask;
};

template <class T>
JSNORM_KERNEL(kFinalizeThreads, 1)
finalize_forward(FinalizeForward<T> args) {
    JSNORM_SHARED(double, scratch, kFinalizeThreads);
    wait_for_previous_kernel();
    let_next_kernel_start();

    // Statistics from where they are: one of the three.
    merge_moments(args.moments, scratch);
    merge_records(args.records);
    widen_running(args.running);
    meet(args.meeting);

    // Sums over a long vector, slice by slice.
    if (args.slices_summed != 0) {
        const Estimates<Compute<T>> &all = args.estimates;
        sum_slices(all.groups, all.rules, all.vectors, all.slices, scratch);
        meet(args.meeting);
    }

    // What comes of the statistics, and what else the elements need.
    estimate(args.estimates, scratch);
    write_record(args.record);
    widen_parameters(args.parameters);
    clear_mask(args.mask);
}

}  // namespace jsnorm::gpu
