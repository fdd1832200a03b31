// SPDX-License-Identifier: Apache-2.0
// Backward, through the statistics or with them fixed, and its phases. Streaming: coefficients ->
// sums over x and dy -> the shrinkage's gradient -> elements. Fused: all in one kernel.
#include <type_traits>

#include "src/cuda/finalize.hpp"
#include "src/cuda/operations.hpp"

namespace jsnorm::cuda {

namespace {

// The tensors of a backward operation, as its passes read and write them.
template <class T>
struct Gradients {
    const T *x = nullptr;
    const T *dy = nullptr;
    T *dx = nullptr;
    T *dz = nullptr;
    const uint32_t *mask = nullptr;
    Parameters parameters;

    template <class Call>
    explicit Gradients(const Call &call)
        : x(static_cast<const T *>(call.x.data)),
          dy(static_cast<const T *>(call.dy.data)),
          mask(call.mask),
          parameters(call.parameters) {
        if constexpr (requires { call.dx; }) {
            dx = static_cast<T *>(call.dx.data);
            dz = static_cast<T *>(call.dz.data);
        }
    }

    // For the elementwise pass: what the sums wrote last is read first, and the mask is not read
    // again.
    Gradients after_sums(const Plan &plan) const {
        Gradients result = *this;
        if (plan.sums_write_dz) {
            result.dy = dz;
            result.dz = nullptr;
        }
        return result;
    }
};

template <class T>
gpu::RowsInput<T> rows_input(Context<T> &context, const Pass &pass, const Gradients<T> &tensors,
                             Gate gate) {
    gpu::RowsInput<T> in;
    in.x = tensors.x;
    in.dy = tensors.dy;
    in.parameters = context.row_parameters(tensors.parameters, pass);
    in.gate = gate;
    in.mask = tensors.mask;
    return in;
}

template <class T>
gpu::ColumnsInput<T> columns_input(Context<T> &context, const Gradients<T> &tensors, Gate gate,
                                   const gpu::ForwardArrays<Compute<T>> &forward) {
    return {tensors.x, tensors.dy,   context.parameters(tensors.parameters),
            gate,      tensors.mask, forward};
}

template <class T>
gpu::PlanesInput<T> planes_input(Context<T> &context, const Gradients<T> &tensors, Gate gate,
                                 const gpu::ForwardArrays<Compute<T>> &forward) {
    return {tensors.x, tensors.dy,   context.parameters(tensors.parameters),
            gate,      tensors.mask, forward};
}

template <class T>
gpu::ParameterParts<T> parameter_parts(Context<T> &context, const Pass &pass) {
    const Plan &plan = context.plan;
    gpu::ParameterParts<T> parts;
    parts.steps = plan.parts.steps;
    parts.count = plan.parts.count;
    if (plan.element_gradients) {
        parts.values = pass.rows.sum_values;
        parts.partials = context.arrays.parameter_partials();
    }
    return parts;
}

// What both kernels of rows take that reduce x and dy.
template <class T>
gpu::RowsReduction<T> rows_reduction(Context<T> &context, const Pass &pass,
                                     const Gradients<T> &tensors) {
    const Plan &plan = context.plan;
    gpu::RowsReduction<T> args;
    args.rows = rows_of(plan.problem, pass);
    args.in = rows_input(context, pass, tensors, plan.gate);
    args.memory = pass.rows.memory;
    args.parts = parameter_parts(context, pass);
    return args;
}

// dgamma and dbeta of elements from their parts.
template <class T>
void sum_parts(Context<T> &context, const ParameterGradients &gradients) {
    const Plan &plan = context.plan;
    if (!plan.element_gradients) return;
    const int64_t parameters = context.problem.shape.parameters;
    launch_finalize_parameter_partials<T>(
        context.queue, gpu::divide_up(parameters, gpu::kParametersPerBlock),
        {context.arrays.parameter_partials(), plan.parts.count, parameters,
         context.gradient(gradients.dgamma, gradients.type),
         context.gradient(gradients.dbeta, gradients.type)});
}

// x and dy -> g[cell], and g_centred `cells` entries behind.
template <class T>
void compute_sums(Context<T> &context, const Gradients<T> &tensors,
                  const gpu::ForwardArrays<Compute<T>> &forward,
                  const gpu::BackwardArrays<Compute<T>> &centres, double *sums) {
    const Problem &problem = context.problem;
    const Pass &pass = *context.plan.sums;
    T *const dz = context.plan.sums_write_dz ? tensors.dz : nullptr;
    GradientSums *const partials = context.arrays.gradient_partials();
    if (pass.tree.columns) {
        launch_columns_gradient_sums<T>(
            context.queue, pass.blocks,
            {columns_of(problem, pass), columns_input(context, tensors, context.plan.gate, forward),
             centres, partials, dz});
    } else if (pass.planes) {
        launch_planes_gradient_sums<T>(
            context.queue, pass.blocks,
            {planes_of(problem, pass), planes_input(context, tensors, context.plan.gate, forward),
             centres, partials, dz});
    } else {
        gpu::RowsGradientSums<T> args = {rows_reduction(context, pass, tensors)};
        args.forward = forward;
        args.backward = centres;
        args.partials = partials;
        args.dz = dz;
        launch_rows_gradient_sums<T>(context.queue, pass.tree.lanes, pass.blocks, pass.shared_bytes,
                                     args);
    }
    gpu::FinalizeMergeSums merge;
    merge.parts = parts_of(problem, pass.tree, 1);
    merge.cells = problem.cells;
    merge.partials = partials;
    merge.g = sums;
    merge.stride = problem.cells;
    launch_finalize_merge_sums(context.queue, blocks_of_shares(problem.cells, merge.parts.threads),
                               merge);
}

// The sums that this operation has left in its workspace.
template <class T>
gpu::CellSums cell_sums(const Context<T> &context) {
    return {context.arrays.sums(), context.problem.cells};
}

// b and t of dx from the sums of cells.
template <class T>
void finalize_terms(Context<T> &context, const gpu::Elements &elements, const double *mean,
                    const double *variance, const Parameters &parameters, const gpu::CellSums &sums,
                    const gpu::BackwardArrays<Compute<T>> &backward) {
    const Problem &problem = context.problem;
    gpu::FinalizeBackward<T> args;
    args.groups = finalize_groups(context);
    args.rules = context.rules();
    args.vectors = {mean, variance};
    args.slices = sum_slices(context, args.groups, args.rules, args.vectors);
    args.elements = elements;
    args.cells_per_statistic = problem.cells_per_statistic;
    args.sums = sums;
    args.parameter_per_element = problem.parameter_per_element ? 1 : 0;
    if (!problem.parameter_per_element) args.gamma = context.parameters(parameters).gamma;
    args.parameters = gpu::make_divisor(problem.shape.parameters);
    args.backward = backward;
    if (args.slices != nullptr) {
        args.gradient_slices = context.arrays.gradient_slices();
        launch_finalize_slice_gradients<T>(context.queue, args.groups.groups * args.groups.slices,
                                           args);
    }
    launch_finalize_backward<T>(context.queue, gpu::finalize_blocks(args.groups), args);
}

// dgamma and dbeta of cells from their sums. mean: NULL where the sums are about the mean that was
// used.
template <class T>
void finalize_cell_gradients(Context<T> &context, const double *mean, const gpu::CellSums &sums,
                             const ParameterGradients &gradients) {
    const Problem &problem = context.problem;
    const bool wanted = gradients.dgamma != nullptr || gradients.dbeta != nullptr;
    if (!wanted || problem.parameter_per_element || problem.shape.parameters == 0) return;
    gpu::FinalizeParameterGradients<T> args;
    args.cells = problem.cells;
    args.cells_per_statistic = problem.cells_per_statistic;
    args.parameters = problem.shape.parameters;
    args.threads = power_of_two(problem.cells / problem.shape.parameters / 4, gpu::kMostShares);
    args.sums = sums;
    args.mean = mean;
    args.shrunk_mean = context.arrays.shrunk_mean();
    args.shrunk_variance = context.arrays.shrunk_variance();
    args.epsilon = problem.norm.epsilon;
    args.dgamma = context.gradient(gradients.dgamma, gradients.type);
    args.dbeta = context.gradient(gradients.dbeta, gradients.type);
    launch_finalize_parameter_gradients<T>(context.queue,
                                           blocks_of_shares(args.parameters, args.threads), args);
}

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
    sum_parts(context, call.gradients);
}

template <class T>
void differentiate_fused(Context<T> &context, const BackwardCall &call) {
    const Problem &problem = context.plan.problem;
    const Pass &pass = *context.plan.fused;
    if constexpr (!std::is_same_v<T, double>) {
        if (pass.layer) return differentiate_layer(context, call);
    }
    const Gradients<T> tensors(call);
    const bool cell_gradients =
        !problem.parameter_per_element &&
        (call.gradients.dgamma != nullptr || call.gradients.dbeta != nullptr);
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
    sum_parts(context, call.gradients);
    finalize_cell_gradients(context, call.saved_mean, cell_sums(context), call.gradients);
}

template <class T>
void differentiate(Context<T> &context, const BackwardCall &call) {
    if (context.plan.scheme == Scheme::kNothing) return zero_gradients(context, call.gradients);
    if (context.plan.scheme == Scheme::kFused) return differentiate_fused(context, call);
    const WorkspaceArrays<T> &arrays = context.arrays;
    const Gradients<T> tensors(call);

    // Coefficients of forward, and centres.
    const double *mean = call.saved_mean;
    const double *variance = call.saved_variance;
    gpu::NormRules rules = context.rules();
    gpu::FinalizeForward<Compute<T>> centres;
    centres.elements.value = context.elements();
    if (call.fixed) {
        rules = use_running(context, call.running);
        mean = arrays.mean();
        variance = arrays.variance();
        centres.elements.value = static_cast<double>(call.running.element_count);
        centres.centre_is_shrunk = 1;
    }
    centres.vectors = {mean, variance};
    centres.forward = arrays.forward();
    centres.backward = arrays.backward();
    centres.shrunk_mean = arrays.shrunk_mean();
    centres.shrunk_variance = arrays.shrunk_variance();
    finalize_forward(context, centres, rules);

    // Sums, and what comes of them.
    if (context.plan.sums) {
        compute_sums(context, tensors, arrays.forward(), arrays.backward(), arrays.sums());
        sum_parts(context, call.gradients);
    }
    const bool through_statistics = !call.fixed;
    if (through_statistics && call.dx.data != nullptr) {
        gpu::Elements elements;
        elements.value = context.elements();
        finalize_terms(context, elements, mean, variance, call.parameters, cell_sums(context),
                       arrays.backward());
    }
    finalize_cell_gradients(context, call.fixed ? nullptr : mean, cell_sums(context),
                            call.gradients);

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
    const gpu::BackwardArrays<Compute<T>> centres = context.arrays.backward();
    launch_finalize_centres<Compute<T>>(context.queue, blocks_of_entries(cells),
                                        {cells, call.saved_mean, centres});
    auto *forward = static_cast<Compute<T> *>(const_cast<void *>(call.coefficients));
    compute_sums(context, Gradients<T>(call), {forward, cells}, centres, call.sums);
}

template <class T>
void finalize_phase(Context<T> &context, const BackwardFinalizeCall &call) {
    const Problem &problem = context.problem;
    const gpu::BackwardArrays<Compute<T>> coefficients = {
        static_cast<Compute<T> *>(call.coefficients), problem.cells};
    gpu::Elements elements;
    elements.count = call.total_count;
    gpu::FinalizeForward<Compute<T>> centres;
    centres.vectors = {call.saved_mean, call.saved_variance};
    centres.elements = elements;
    centres.backward = coefficients;
    centres.shrunk_mean = context.arrays.shrunk_mean();
    centres.shrunk_variance = context.arrays.shrunk_variance();
    finalize_forward(context, centres, context.rules());
    const gpu::CellSums all = {call.global_sums, problem.cells, call.record_count};
    finalize_terms(context, elements, call.saved_mean, call.saved_variance, call.parameters, all,
                   coefficients);
    const bool local = problem.norm.gradient_scope == JSNORM_PARAMETER_GRADIENT_LOCAL;
    const gpu::CellSums own = {call.local_sums, problem.cells};
    const bool from_own = local && call.local_sums != nullptr;
    finalize_cell_gradients(context, call.saved_mean, from_own ? own : all, call.gradients);
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
