// SPDX-License-Identifier: Apache-2.0
// Forward training and inference, and the phase that applies coefficients. Streaming: sums of x ->
// finalize -> elements. Fused: all in one kernel.
#include <type_traits>

#include "src/cuda/finalize.hpp"
#include "src/cuda/operations.hpp"

namespace jsnorm::cuda {

namespace {

// Where y comes from beside x and the statistics.
template <class T>
struct Output {
    const T *x;
    const T *z;
    T *y;
    const Parameters &parameters;
    uint32_t *mask;

    template <class Call>
    explicit Output(const Call &call)
        : x(static_cast<const T *>(call.x.data)),
          z(static_cast<const T *>(call.z.data)),
          y(static_cast<T *>(call.y.data)),
          parameters(call.parameters),
          mask(call.mask) {}
};

// What has to be done before the elements of a pass, by the finalize kernel that precedes it.
template <class T>
void prepare_elements(const Context<T> &context, const Output<T> &output, const Pass &pass,
                      gpu::FinalizeForward<T> &args) {
    args.parameters = context.widened(output.parameters, pass);
    if (context.plan.mask_write != MaskWrite::kMergedBits) return;
    const Problem &problem = context.problem;
    args.mask = {output.mask, gpu::divide_up(problem.cells * problem.cell_elements, 32)};
}

// The same by a launch of its own, where nothing precedes the elements.
template <class T>
void prepare_elements(Context<T> &context, const Output<T> &output, const Pass &pass) {
    gpu::FinalizeForward<T> alone;
    prepare_elements(context, output, pass, alone);
    finalize(context, alone);
}

template <class T>
gpu::RowsOutput<T> rows_output(Context<T> &context, const Pass &pass, const Output<T> &output) {
    gpu::RowsOutput<T> out;
    out.z = output.z;
    out.y = output.y;
    out.parameters = context.row_parameters(output.parameters, pass);
    out.relu = context.relu();
    out.whole_words = context.plan.mask_write == MaskWrite::kWholeWords ? 1 : 0;
    out.mask = output.mask;
    return out;
}

template <class T>
void run_layer(Context<T> &context, const Output<T> &output, const StatisticOutputs &statistics) {
    const Problem &problem = context.plan.problem;
    const Pass &pass = *context.plan.fused;
    const Parameters &given = output.parameters;
    launch_rows_layer_forward<T>(
        context.queue, pass.tree.lanes, pass.blocks, pass.shared_bytes,
        {rows_of(problem, pass), output.x, output.y, context.layer_parameters(given),
         gpu::layer_rules(context.rules(), context.elements()), statistic_arrays(statistics)});
}

template <class T>
void run_fused(Context<T> &context, const Output<T> &output, const StatisticOutputs &statistics) {
    const Problem &problem = context.plan.problem;
    const Pass &pass = *context.plan.fused;
    if constexpr (!std::is_same_v<T, double>) {
        if (pass.layer) return run_layer(context, output, statistics);
    }
    prepare_elements(context, output, pass);
    launch_rows_fused_forward<T>(context.queue, pass.tree.lanes, pass.blocks, pass.shared_bytes,
                                 {rows_of(problem, pass), row_groups(problem, pass.tree), output.x,
                                  rows_output(context, pass, output), context.rules(),
                                  statistic_arrays(statistics), pass.rows.memory});
}

template <class T>
void apply(Context<T> &context, const Output<T> &output,
           const gpu::ForwardArrays<Compute<T>> &coefficients) {
    const Problem &problem = context.problem;
    const Pass &pass = *context.plan.apply;
    const bool whole_words = context.plan.mask_write == MaskWrite::kWholeWords;
    if (pass.tree.columns) {
        launch_columns_apply_forward<T>(
            context.queue, pass.blocks,
            {columns_of(problem, pass), output.x, output.z, output.y,
             context.parameters(output.parameters), coefficients, context.relu(),
             whole_words ? 1 : 0, output.mask, pass.evict_first ? 1 : 0});
    } else if (pass.planes) {
        launch_planes_apply_forward<T>(
            context.queue, pass.blocks,
            {planes_of(problem, pass), output.x, output.z, output.y,
             context.parameters(output.parameters), coefficients, context.relu(),
             whole_words ? 1 : 0, output.mask, pass.evict_first ? 1 : 0});
    } else {
        launch_rows_apply_forward<T>(
            context.queue, pass.tree.lanes, pass.blocks, pass.shared_bytes,
            {rows_of(problem, pass), output.x, rows_output(context, pass, output), coefficients,
             pass.rows.memory});
    }
}

// A fused kernel knows its own groups alone: running statistics, which are those of all channels,
// are brought up to date from the saved statistics by a kernel of their own.
template <class T>
void train_fused(Context<T> &context, const ForwardTrainingCall &call) {
    const bool updates = call.running.next_mean != nullptr || call.running.next_variance != nullptr;
    StatisticOutputs statistics = call.statistics;
    if (updates && statistics.saved_mean == nullptr) statistics.saved_mean = context.arrays.mean();
    if (updates && statistics.saved_variance == nullptr) {
        statistics.saved_variance = context.arrays.variance();
    }
    run_fused(context, Output<T>(call), statistics);
    if (!updates) return;
    gpu::FinalizeForward<T> args;
    want_estimates(context, context.rules(), {statistics.saved_mean, statistics.saved_variance},
                   {context.elements()}, args);
    args.estimates.running = context.running_average(call.running);
    finalize(context, args);
}

template <class T>
void train(Context<T> &context, const ForwardTrainingCall &call) {
    if (context.plan.scheme == Scheme::kFused) return train_fused(context, call);
    const WorkspaceArrays<T> &arrays = context.arrays;
    const Output<T> output(call);
    const bool streams = context.plan.scheme == Scheme::kStreaming;
    gpu::FinalizeForward<T> args;
    gpu::StatisticVectors vectors;  // of an empty tensor: none
    gpu::Elements elements;
    if (streams) {
        args.moments = compute_moments(context, call.x, context.elements());
        vectors = {arrays.mean(), arrays.variance()};
        elements.value = context.elements();
        prepare_elements(context, output, *context.plan.apply, args);
    }
    want_estimates(context, context.rules(), vectors, elements, args);
    args.estimates.statistics = statistic_arrays(call.statistics);
    args.estimates.running = context.running_average(call.running);
    if (streams) args.estimates.forward = arrays.forward();
    finalize(context, args);
    if (streams) apply(context, output, arrays.forward());
}

template <class T>
void infer(Context<T> &context, const ForwardInferenceCall &call) {
    if (context.plan.scheme == Scheme::kNothing) return;
    const WorkspaceArrays<T> &arrays = context.arrays;
    const Output<T> output(call);
    gpu::FinalizeForward<T> args;
    args.running = widen_running(context, call.running);
    prepare_elements(context, output, *context.plan.apply, args);
    want_estimates(context, running_rules(context), {arrays.mean(), arrays.variance()},
                   {static_cast<double>(call.running.element_count)}, args);
    args.estimates.forward = arrays.forward();
    finalize(context, args);
    apply(context, output, arrays.forward());
}

template <class T>
void apply_phase(Context<T> &context, const ForwardApplyCall &call) {
    if (context.plan.scheme == Scheme::kNothing) return;
    auto *coefficients = static_cast<Compute<T> *>(const_cast<void *>(call.coefficients));
    const Output<T> output(call);
    prepare_elements(context, output, *context.plan.apply);
    apply(context, output, {coefficients, context.problem.cells});
}

}  // namespace

jsnormStatus_t run(const Invocation &invocation, const Plan &plan,
                   const ForwardTrainingCall &call) {
    return with_context(invocation, plan, [&](auto &context) { train(context, call); });
}

jsnormStatus_t run(const Invocation &invocation, const Plan &plan,
                   const ForwardInferenceCall &call) {
    return with_context(invocation, plan, [&](auto &context) { infer(context, call); });
}

jsnormStatus_t run(const Invocation &invocation, const Plan &plan, const ForwardApplyCall &call) {
    return with_context(invocation, plan, [&](auto &context) { apply_phase(context, call); });
}

}  // namespace jsnorm::cuda
