// SPDX-License-Identifier: Apache-2.0
// Everything between the sums of backward and its elements, in steps: partial results -> sums of
// cells -> gradient sums of slices -> terms of dx -> dgamma and dbeta. A step that is not wanted
// has no work.
#pragma once

#include "kernels/finalize/merge_sums.cuh"
#include "kernels/finalize/parameter_gradients.cuh"
#include "kernels/finalize/parameter_partials.cuh"
#include "kernels/finalize/slice_sums.cuh"
#include "kernels/finalize/steps.cuh"
#include "kernels/finalize/terms.cuh"

namespace jsnorm::gpu {

template <class T>
struct FinalizeBackward {
    Meeting meeting = Meeting::kNone;
    MergeSums sums;
    ParameterPartials<T> partials;
    int32_t slices_summed = 0;           // 1: the slices of the statistics
    int32_t gradient_slices_summed = 0;  // 1: those of their gradients
    Terms<T> terms;
    ParameterGradients<T> parameters;
};

template <class T>
JSNORM_KERNEL(kFinalizeThreads, 1)
finalize_backward(FinalizeBackward<T> args) {
    JSNORM_SHARED(double, scratch, kPartialSlots);
    wait_for_previous_kernel();
    let_next_kernel_start();

    // What partial results add up to. Sums over a long vector of statistics go along.
    merge_sums(args.sums, scratch);
    add_parameter_partials(args.partials, scratch);
    if (args.slices_summed != 0) {
        const Terms<T> &all = args.terms;
        sum_slices(all.groups, all.rules, all.vectors, all.slices, scratch);
    }
    meet(args.meeting);

    // The gradient sums over a long vector, slice by slice.
    if (args.gradient_slices_summed != 0) {
        sum_gradient_slices(args.terms, scratch);
        meet(args.meeting);
    }

    // The coefficients of dx.
    find_terms(args.terms, scratch);

    // The gradients of parameters that several cells share.
    if (args.parameters.parameters == 0) return;
    meet(args.meeting);
    add_parameter_gradients(args.parameters, scratch);
}

}  // namespace jsnorm::gpu
