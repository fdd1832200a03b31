// SPDX-License-Identifier: Apache-2.0
// Backward, through the statistics or with them fixed, and its phases. Streaming: sums over x and
// dy -> finalize, with the shrinkage's gradient -> elements. Fused: all in one kernel.
#include <type_traits>

#include "src/cuda/gradients.hpp"
#include "src/cuda/operations.hpp"

namespace jsnorm::cuda {

namespace {

// x and dy -> dx and dz. tensors: after the sums, where there were any.
template <class T>
void apply(Context<T> &context, const Gradients<T> &tensors, Gate gate, bool through_statistics,
           const gpu::ForwardArrays<Compute<T>> &forward,
           const gpu::BackwardArrays<Compute<T>> &backward) {
    if (!context.plan.apply) return;
    const Problem &problem = context.problem;
    const Pass &pass = *context.plan.apply;
    // Without dx nobody has computed what leads through the statistics.
    const bool through = through_statistics && tensors.dx != nullptr;
    const gpu::GradientOutputs<T> out = {tensors.dx, tensors.dz, through ? 1 : 0};
    if (pass.tree.columns) {
        launch_columns_apply_backward<T>(
            context.queue, pass.blocks,
            {columns_of(problem, pass), columns_input(context, tensors, gate, forward), backward,
             out, pass.evict_first ? 1 : 0});
    } else if (pass.planes) {
        launch_planes_apply_backward<T>(
            context.queue, pass.blocks,
            {planes_of(problem, pass), planes_input(context, tensors, gate, forward), backward, out,
             pass.evict_first ? 1 : 0});
    } else {
        launch_rows_apply_backward<T>(
            context.queue, pass.tree.lanes, pass.blocks, pass.shared_bytes,
            {rows_of(problem, pass), rows_input(context, pass, tensors, gate), out, forward,
             backward, pass.rows.memory});
    }
}

template <class T>
void zero_gradients(Context<T> &context, const ParameterGradients &gradients) {
    if (gradients.dgamma == nullptr && gradients.dbeta == nullptr) return;
    const int64_t parameters = context.problem.shape.parameters;
    launch_finalize_zero_gradients<T>(
        context.queue, blocks_of_entries(parameters),
        {parameters, context.gradient(gradients.dgamma, gradients.type),
         context.gradient(gradients.dbeta, gradients.type)});
}

template <class T>
void differentiate_layer(Context<T> &context, const BackwardCall &call) {
    const Problem &problem = context.plan.problem;
    const Pass &pass = *context.plan.fused;
    const Gradients<T> tensors(call);
    const Parameters gamma = {call.parameters.gamma, nullptr, call.parameters.type};
    launch_rows_layer_backward<T>(context.queue, pass.tree.lanes, pass.blocks, pass.shared_bytes,
                                  {rows_of(problem, pass),
                                   tensors.x,
                                   tensors.dy,
                                   tensors.dx,
                                   context.layer_parameters(gamma),
                                   gpu::layer_rules(context.rules(), context.elements()),
                                   {call.saved_mean, call.saved_variance},
                                   parameter_parts(context, pass)});
}

template <class T>
void differentiate_rows(Context<T> &context, const BackwardCall &call) {
    const Problem &problem = context.plan.problem;
    const Pass &pass = *context.plan.fused;
    const Gradients<T> tensors(call);
    const bool cell_gradients =
        !problem.parameter_per_element &&
        (call.gradients.dgamma != nullptr || call.gradients.dbeta != nullptr);
    gpu::FinalizeForward<T> before;
    before.parameters = context.widened(call.parameters, pass);
    finalize(context, before);
    gpu::RowsFusedBackward<T> args = {rows_reduction(context, pass, tensors)};
    args.groups = row_groups(problem, pass.tree);
    args.out = {tensors.dx, tensors.dz, 1};
    args.rules = context.rules();
    args.saved = {call.saved_mean, call.saved_variance};
    if (cell_gradients) {
        args.sums = context.arrays.sums();
        args.shrunk_mean = context.arrays.shrunk_mean();
        args.shrunk_variance = context.arrays.shrunk_variance();
    }
    launch_rows_fused_backward<T>(context.queue, pass.tree.lanes, pass.blocks, pass.shared_bytes,
                                  args);
}

template <class T>
void differentiate_fused(Context<T> &context, const BackwardCall &call) {
    bool layer = false;
    if constexpr (!std::is_same_v<T, double>) {
        layer = context.plan.fused->layer;
        if (layer) differentiate_layer(context, call);
    }
    if (!layer) differentiate_rows(context, call);
    gpu::FinalizeBackward<T> after;
    want_parameter_partials(context, call.gradients, after);
    want_cell_gradients(context, call.saved_mean, cell_sums(context), call.gradients, after);
    finalize(context, after);
}

// gamma and beta of elements as the passes read them.
template <class T>
gpu::WidenParameters<T> widened(const Context<T> &context, const Parameters &parameters) {
    const auto of_pass = [&](const std::optional<Pass> &pass) -> gpu::WidenParameters<T> {
        if (!pass || pass->tree.columns || pass->planes) return {};
        return context.widened(parameters, *pass);
    };
    const gpu::WidenParameters<T> of_sums = of_pass(context.plan.sums);
    return of_sums.padded > 0 ? of_sums : of_pass(context.plan.apply);
}

// What the passes of a streaming backward need before any of them: statistics that were not saved,
// coefficients of forward, and shrunk statistics where no terms are found later.
template <class T>
void prepare(Context<T> &context, const BackwardCall &call, const gpu::StatisticVectors &vectors,
             bool finds_terms) {
    const WorkspaceArrays<T> &arrays = context.arrays;
    const Plan &plan = context.plan;
    gpu::FinalizeForward<T> args;
    args.parameters = widened(context, call.parameters);
    gpu::NormRules rules = context.rules();
    gpu::Elements elements;
    elements.value = context.elements();
    if (call.fixed) {
        args.running = widen_running(context, call.running);
        rules = running_rules(context);
        elements.value = static_cast<double>(call.running.element_count);
    }
    const bool reads_forward = plan.gate == Gate::kRecompute || plan.element_gradients;
    if (call.fixed || reads_forward || !finds_terms) {
        want_estimates(context, rules, vectors, elements, args);
        args.estimates.forward = arrays.forward();
        args.estimates.backward = arrays.backward();
        args.estimates.shrunk_mean = arrays.shrunk_mean();
        args.estimates.shrunk_variance = arrays.shrunk_variance();
    }
    finalize(context, args);
}

template <class T>
void differentiate(Context<T> &context, const BackwardCall &call) {
    if (context.plan.scheme == Scheme::kNothing) return zero_gradients(context, call.gradients);
    if (context.plan.scheme == Scheme::kFused) return differentiate_fused(context, call);
    const WorkspaceArrays<T> &arrays = context.arrays;
    const Gradients<T> tensors(call);
    const bool through_statistics = !call.fixed;
    const bool finds_terms = through_statistics && call.dx.data != nullptr;
    const gpu::StatisticVectors vectors = {call.fixed ? arrays.mean() : call.saved_mean,
                                           call.fixed ? arrays.variance() : call.saved_variance};
    prepare(context, call, vectors, finds_terms);

    // Sums, and what comes of them. Those of fixed statistics are about the shrunk mean.
    if (context.plan.sums) {
        gpu::FinalizeBackward<T> args;
        args.sums =
            compute_sums(context, tensors, arrays.forward(),
                         call.fixed ? arrays.shrunk_mean() : call.saved_mean, arrays.sums());
        want_parameter_partials(context, call.gradients, args);
        if (finds_terms) {
            want_terms(context, {context.elements()}, vectors, call.parameters, cell_sums(context),
                       arrays.backward(), args);
        }
        want_cell_gradients(context, call.fixed ? nullptr : call.saved_mean, cell_sums(context),
                            call.gradients, args);
        finalize(context, args);
    }

    // Elements.
    const bool summed = context.plan.sums.has_value();
    apply(context, summed ? tensors.after_sums(context.plan) : tensors,
          summed ? context.plan.apply_gate() : context.plan.gate, through_statistics,
          arrays.forward(), arrays.backward());
}

template <class T>
void reduce_phase(Context<T> &context, const BackwardReduceCall &call) {
    const int64_t cells = context.problem.cells;
    if (context.plan.scheme == Scheme::kNothing) {
        launch_finalize_zero_gradients<double>(context.queue, blocks_of_entries(2 * cells),
                                               {2 * cells, {nullptr, call.sums}, {}});
        return;
    }
    auto *forward = static_cast<Compute<T> *>(const_cast<void *>(call.coefficients));
    gpu::FinalizeBackward<T> args;
    args.sums =
        compute_sums(context, Gradients<T>(call), {forward, cells}, call.saved_mean, call.sums);
    finalize(context, args);
}

template <class T>
void finalize_phase(Context<T> &context, const BackwardFinalizeCall &call) {
    const Problem &problem = context.problem;
    gpu::Elements elements;
    elements.count = call.total_count;
    const gpu::CellSums all = {call.global_sums, problem.cells, call.record_count};
    gpu::FinalizeBackward<T> args;
    want_terms(context, elements, {call.saved_mean, call.saved_variance}, call.parameters, all,
               {static_cast<Compute<T> *>(call.coefficients), problem.cells}, args);
    const bool local = problem.norm.gradient_scope == JSNORM_PARAMETER_GRADIENT_LOCAL;
    const gpu::CellSums own = {call.local_sums, problem.cells};
    const bool from_own = local && call.local_sums != nullptr;
    want_cell_gradients(context, call.saved_mean, from_own ? own : all, call.gradients, args);
    finalize(context, args);
}

template <class T>
void apply_phase(Context<T> &context, const BackwardApplyCall &call) {
    const int64_t cells = context.problem.cells;
    auto *forward = static_cast<Compute<T> *>(const_cast<void *>(call.forward_coefficients));
    auto *backward = static_cast<Compute<T> *>(const_cast<void *>(call.backward_coefficients));
    apply(context, Gradients<T>(call), context.plan.gate, true, {forward, cells},
          {backward, cells});
}

}  // namespace

jsnormStatus_t run(const Invocation &invocation, const Plan &plan, const BackwardCall &call) {
    return with_context(invocation, plan, [&](auto &context) { differentiate(context, call); });
}

jsnormStatus_t run(const Invocation &invocation, const Plan &plan, const BackwardReduceCall &call) {
    return with_context(invocation, plan, [&](auto &context) { reduce_phase(context, call); });
}

jsnormStatus_t run(const Invocation &invocation, const Plan &plan,
                   const BackwardFinalizeCall &call) {
    return with_context(invocation, plan, [&](auto &context) { finalize_phase(context, call); });
}

jsnormStatus_t run(const Invocation &invocation, const Plan &plan, const BackwardApplyCall &call) {
    return with_context(invocation, plan, [&](auto &context) { apply_phase(context, call); });
}

}  // namespace jsnorm::cuda
