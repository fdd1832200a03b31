// SPDX-License-Identifier: Apache-2.0
// The parts of backward: its tensors and what kernels take of them, the sums over x and dy, and
// what finalize makes of the sums.
#pragma once

#include "src/cuda/finalize.hpp"

namespace jsnorm::cuda {

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

}  // namespace jsnorm::cuda
