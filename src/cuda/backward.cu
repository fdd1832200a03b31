// SPDX-License-Identifier: Apache-2.0
// Backward, through the statistics or with them fixed, and its phases. Streaming: sums over x and
// dy
// -> finalize, with the shrinkage's gradient -> elements. Fused: all in one kernel.
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
void want_parameter_partials(const Context<T> &context, const ParameterGradients &gradients,
                             gpu::FinalizeBackward<T> &args) {
    const Plan &plan = context.plan;
    if (!plan.element_gradients) return;
    args.partials.partials = context.arrays.parameter_partials();
    args.partials.parts = plan.parts.count;
    args.partials.parameters = context.problem.shape.parameters;
    args.partials.dgamma = context.gradient(gradients.dgamma, gradients.type);
    args.partials.dbeta = context.gradient(gradients.dbeta, gradients.type);
}

// x and dy -> partial sums of every cell, about `mean` of its statistic, and from there to g[cell],
// and g_centred `cells` entries behind: returns the step that merges them.
template <class T>
gpu::MergeSums compute_sums(Context<T> &context, const Gradients<T> &tensors,
                            const gpu::ForwardArrays<Compute<T>> &forward, const double *mean,
                            double *sums) {
    const Problem &problem = context.problem;
    const Pass &pass = *context.plan.sums;
    const gpu::Centres centres = {mean, gpu::make_divisor(problem.cells_per_statistic)};
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
        args.centres = centres;
        args.partials = partials;
        args.dz = dz;
        launch_rows_gradient_sums<T>(context.queue, pass.tree.lanes, pass.blocks, pass.shared_bytes,
                                     args);
    }
    gpu::MergeSums merge;
    merge.parts = parts_of(problem, pass.tree, 1);
    merge.cells = problem.cells;
    merge.partials = partials;
    merge.g = sums;
    merge.stride = problem.cells;
    return merge;
}

// The sums that this operation has left in its workspace.
template <class T>
gpu::CellSums cell_sums(const Context<T> &context) {
    return {context.arrays.sums(), context.problem.cells};
}

// The coefficients of dx from the sums of cells.
template <class T>
void want_terms(const Context<T> &context, const gpu::Elements &elements,
                const gpu::StatisticVectors &vectors, const Parameters &parameters,
                const gpu::CellSums &sums, const gpu::BackwardArrays<Compute<T>> &backward,
                gpu::FinalizeBackward<T> &args) {
    const Problem &problem = context.problem;
    gpu::Terms<T> &terms = args.terms;
    terms.wanted = 1;
    terms.groups = finalize_groups(context);
    terms.rules = context.rules();
    terms.vectors = vectors;
    terms.elements = elements;
    terms.cells_per_statistic = problem.cells_per_statistic;
    terms.sums = sums;
    terms.parameter_per_element = problem.parameter_per_element ? 1 : 0;
    terms.gamma = context.given_array(parameters.gamma, parameters.type);
    terms.parameters = gpu::make_divisor(problem.shape.parameters);
    terms.backward = backward;
    if (couples(terms.groups)) {
        terms.slices = context.arrays.slices();
        terms.gradient_slices = context.arrays.gradient_slices();
        args.slices_summed = args.gradient_slices_summed = terms.slices != nullptr ? 1 : 0;
    }
}

// dgamma and dbeta of cells from their sums: along with the terms where every cell has parameters
// of its own. mean: NULL where the sums are about the mean that was used.
template <class T>
void want_cell_gradients(const Context<T> &context, const double *mean, const gpu::CellSums &sums,
                         const ParameterGradients &gradients, gpu::FinalizeBackward<T> &args) {
    const Problem &problem = context.problem;
    const int64_t parameters = problem.shape.parameters;
    const bool wanted = gradients.dgamma != nullptr || gradients.dbeta != nullptr;
    if (!wanted || problem.parameter_per_element || parameters == 0) return;
    const gpu::GradientArray<T> dgamma = context.gradient(gradients.dgamma, gradients.type);
    const gpu::GradientArray<T> dbeta = context.gradient(gradients.dbeta, gradients.type);
    if (args.terms.wanted != 0 && problem.cells == parameters) {
        args.terms.own_sums = sums;
        args.terms.dgamma = dgamma;
        args.terms.dbeta = dbeta;
        return;
    }
    if (args.terms.wanted != 0) {
        args.terms.shrunk_mean = context.arrays.shrunk_mean();
        args.terms.shrunk_variance = context.arrays.shrunk_variance();
    }
    gpu::ParameterGradients<T> &own = args.parameters;
    own.cells = problem.cells;
    own.cells_per_statistic = problem.cells_per_statistic;
    own.parameters = parameters;
    own.threads = power_of_two(problem.cells / parameters / 4, gpu::kMostShares);
    own.sums = sums;
    own.mean = mean;
    own.shrunk_mean = context.arrays.shrunk_mean();
    own.shrunk_variance = context.arrays.shrunk_variance();
    own.epsilon = problem.norm.epsilon;
    own.dgamma = dgamma;
    own.dbeta = dbeta;
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
    for (const std::optional<Pass> &pass : {context.plan.sums, context.plan.apply}) {
        if (!pass || pass->tree.columns || pass->planes) continue;
        const gpu::WidenParameters<T> widen = context.widened(parameters, *pass);
        if (widen.padded > 0) return widen;
    }
    return {};
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
