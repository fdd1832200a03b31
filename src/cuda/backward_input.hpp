// SPDX-License-Identifier: Apache-2.0
// The steps of backward: sums over x and dy, finalize, apply, or all at once.
#pragma once

#include "src/cuda/context.hpp"

namespace jsnorm::cuda {

// The part of x and dy: what is reduced, and what is applied, over the same tensors.
template <class T>
class BackwardInput {
  public:
    using Acc = Compute<T>;

    BackwardInput(Context<T> &context, const ConstTensor &x, const ConstTensor &dy,
                  const Tensor &dx, const Tensor &dz, const Parameters &parameters,
                  const uint32_t *mask)
        : context_(context),
          problem_(context.problem),
          sums_view_(make_view(problem_, {&x.layout, &dy.layout})),
          view_(make_view(problem_, {&x.layout, &dy.layout, &dx.layout, &dz.layout})),
          x_(static_cast<const T *>(x.data)),
          dy_(static_cast<const T *>(dy.data)),
          dx_(static_cast<T *>(dx.data)),
          dz_(static_cast<T *>(dz.data)),
          parameters_(parameters),
          gate_(context.gate(mask)),
          mask_(mask),
          dz_is_laid_out_as_dy_(same_strides(dz.layout, dy.layout)) {}

    // Sums of cells to g[cell] and g_centred, `stride` behind; dgamma and dbeta of elements where
    // parameters belong to them and are wanted. Writes dz on the way, which is what apply then
    // reads: the mask is read once, and what was written last is read first.
    void reduce(const gpu::ForwardArrays<Acc> &forward, const gpu::BackwardArrays<Acc> &centres,
                double *sums, const ParameterGradients &gradients) {
        const Tree tree = make_tree(problem_, sums_view_, problem_.parameter_per_element);
        T *const dz = dz_is_laid_out_as_dy_ ? dz_ : nullptr;
        const bool aligned = is_aligned(x_) && is_aligned(dy_) && is_aligned(dz);
        if (tree.columns) {
            const bool vectors = allows_vectors(problem_, sums_view_, tree, aligned);
            const gpu::Columns columns = columns_of(problem_, sums_view_, tree, vectors);
            launch_columns_gradient_sums<T>(
                context_.queue, columns.units(),
                {columns, columns_input(forward), centres, context_.gradient_partials(), dz});
        } else {
            gpu::RowsGradientSums<T> args = {reduction(
                problem_, sums_view_, tree, RowsKernel::kGradientSums, aligned, gradients)};
            args.forward = forward;
            args.backward = centres;
            args.partials = context_.gradient_partials();
            args.dz = dz;
            launch_rows_gradient_sums<T>(context_.queue, tree.lanes,
                                         args.parts.count * args.rows.chunks,
                                         static_cast<size_t>(args.memory.end), args);
            sum_parts(args.parts, gradients);
        }
        gpu::FinalizeMergeSums merge;
        merge.parts = parts_of(problem_, tree, 1);
        merge.cells = problem_.cells;
        merge.partials = context_.gradient_partials();
        merge.g = sums;
        merge.stride = problem_.cells;
        launch_finalize_merge_sums(context_.queue,
                          context_.merge_blocks(problem_.cells, merge.parts.threads), merge);
        if (dz == nullptr) return;
        dy_ = dz;
        dz_ = nullptr;
        gate_ = Gate::kNone;
    }

    // b and t of dx from the sums of cells.
    void finalize(const gpu::Elements &elements, const double *mean, const double *variance,
                  const double *sums, const gpu::BackwardArrays<Acc> &backward) {
        finalize_terms(context_, elements, mean, variance, parameters_, sums, backward);
    }

    void apply(const gpu::ForwardArrays<Acc> &forward, const gpu::BackwardArrays<Acc> &backward,
               bool through_statistics) {
        if (dx_ == nullptr && dz_ == nullptr) return;
        const Tree tree = make_tree(problem_, view_);
        if (tree.columns) {
            const bool vectors = allows_vectors(problem_, view_, tree, all_aligned());
            const gpu::Columns columns = columns_of(problem_, view_, tree, vectors);
            launch_columns_apply_backward<T>(context_.queue, columns.apply_units(),
                                             {columns, columns_input(forward), backward,
                                              gradients(through_statistics), context_.streams()});
        } else {
            const RowsPlan plan =
                plan_rows(problem_, tree, RowsKernel::kApplyBackward,
                          row_access(problem_, view_, tree, all_aligned()), context_.device);
            const int64_t tiles = gpu::divide_up(problem_.cell_elements, tree.tile);
            launch_rows_apply_backward<T>(
                context_.queue, tree.lanes,
                blocks_of_rows(row_blocks(problem_, tree) * tiles, tree, plan, context_.device),
                plan.shared_bytes(),
                {rows_of(problem_, view_, tree, plan.access), rows_input(plan),
                 gradients(through_statistics), forward, backward, plan.memory});
        }
    }

    // How groups that are read once are cut, where they can be.
    std::optional<Fused> fused_plan() const {
        return fused(problem_, sums_view_, RowsKernel::kBackward, context_.device);
    }

    void at_once(const Fused &fused, const double *saved_mean, const double *saved_variance,
                 const ParameterGradients &wanted) {
        const auto &[problem, tree] = fused;
        gpu::RowsFusedBackward<T> args = {
            reduction(problem, view_, tree, RowsKernel::kBackward, all_aligned(), wanted)};
        args.groups = row_groups(problem, tree);
        args.out = gradients(true);
        args.rules = context_.rules();
        args.saved = {saved_mean, saved_variance};
        if (!problem_.parameter_per_element && wants(wanted)) {
            args.sums = context_.sums();
            args.shrunk_mean = context_.shrunk_mean();
            args.shrunk_variance = context_.shrunk_variance();
        }
        launch_rows_fused_backward<T>(context_.queue, tree.lanes, args.parts.count,
                                static_cast<size_t>(args.memory.end), args);
        sum_parts(args.parts, wanted);
    }

    static bool wants(const ParameterGradients &gradients) {
        return gradients.dgamma != nullptr || gradients.dbeta != nullptr;
    }

    static void finalize_terms(Context<T> &context, const gpu::Elements &elements,
                               const double *mean, const double *variance,
                               const Parameters &parameters, const double *sums,
                               const gpu::BackwardArrays<Acc> &backward) {
        const Problem &problem = context.problem;
        gpu::FinalizeBackward<T> args;
        args.groups = context.groups();
        args.rules = context.rules();
        args.vectors = {mean, variance};
        args.slices = context.slice(args.groups, args.rules, args.vectors);
        args.elements = elements;
        args.cells_per_statistic = problem.cells_per_statistic;
        args.sums = {sums, problem.cells};
        args.parameter_per_element = problem.parameter_per_element ? 1 : 0;
        if (!problem.parameter_per_element) args.gamma = context.parameters(parameters).gamma;
        args.parameters = gpu::make_divisor(problem.shape.parameters);
        args.backward = backward;
        if (args.slices != nullptr) {
            args.gradient_slices = context.gradient_slices();
            launch_finalize_slice_gradients<T>(context.queue, args.groups.groups * args.groups.slices, args);
        }
        launch_finalize_backward<T>(context.queue, gpu::finalize_blocks(args.groups), args);
    }

    // dgamma and dbeta of cells from their sums. mean NULL: those are about the mean that was used.
    static void parameter_gradients(Context<T> &context, const double *mean, const double *sums,
                                    const ParameterGradients &gradients) {
        const Problem &problem = context.problem;
        if (!wants(gradients) || problem.shape.parameters == 0) return;
        gpu::FinalizeParameterGradients<T> args;
        args.cells = problem.cells;
        args.cells_per_statistic = problem.cells_per_statistic;
        args.parameters = problem.shape.parameters;
        args.threads = power_of_two(problem.cells / problem.shape.parameters / 4, 32);
        args.sums = {sums, problem.cells};
        args.mean = mean;
        args.shrunk_mean = context.shrunk_mean();
        args.shrunk_variance = context.shrunk_variance();
        args.epsilon = problem.norm.epsilon;
        args.dgamma = context.gradient(gradients.dgamma, gradients.type);
        args.dbeta = context.gradient(gradients.dbeta, gradients.type);
        launch_finalize_parameter_gradients<T>(context.queue,
                                      context.merge_blocks(args.parameters, args.threads), args);
    }

  private:
    bool all_aligned() const {
        return is_aligned(x_) && is_aligned(dy_) && is_aligned(dx_) && is_aligned(dz_);
    }

    gpu::RowsInput<T> rows_input(const RowsPlan &plan) {
        gpu::RowsInput<T> in;
        in.x = x_;
        in.dy = dy_;
        in.parameters = context_.row_parameters(parameters_, plan.held);
        in.gate = gate_;
        in.mask = mask_;
        return in;
    }
    gpu::ColumnsInput<T> columns_input(const gpu::ForwardArrays<Acc> &forward) {
        return {x_, dy_, context_.parameters(parameters_), gate_, mask_, forward};
    }
    gpu::GradientOutputs<T> gradients(bool through_statistics) const {
        return {dx_, dz_, through_statistics ? 1 : 0};
    }

    // Without gradients of elements every step of the kernel is a part.
    gpu::RowsReduction<T> reduction(const Problem &problem, const View &view, const Tree &of,
                                    RowsKernel kernel, bool aligned,
                                    const ParameterGradients &wanted) {
        const bool fused = kernel == RowsKernel::kBackward;
        const RowsPlan plan =
            plan_rows(problem, of, kernel, row_access(problem, view, of, aligned), context_.device);
        gpu::RowsReduction<T> args;
        args.rows = rows_of(problem, view, of, plan.access);
        args.in = rows_input(plan);
        args.memory = plan.memory;
        args.parts.count = fused ? plan_groups(problem, of).steps : row_blocks(problem, of);
        if (problem.parameter_per_element && wants(wanted)) {
            const PartPlan parts = fused ? fused_parts(problem, of) : streaming_parts(problem, of);
            args.parts = {parts.steps, parts.count, plan.sum_values, context_.parameter_partials()};
        }
        return args;
    }
    void sum_parts(const gpu::ParameterParts<T> &parts, const ParameterGradients &wanted) {
        if (parts.partials == nullptr) return;
        launch_finalize_parameter_partials<T>(context_.queue,
                                         gpu::divide_up(problem_.shape.parameters, 32),
                                         {parts.partials, parts.count, problem_.shape.parameters,
                                          context_.gradient(wanted.dgamma, wanted.type),
                                          context_.gradient(wanted.dbeta, wanted.type)});
    }

    Context<T> &context_;
    const Problem &problem_;
    const View sums_view_;
    const View view_;
    const T *x_;
    const T *dy_;
    T *dx_;
    T *dz_;
    const Parameters parameters_;
    Gate gate_;
    const uint32_t *mask_;
    const bool dz_is_laid_out_as_dy_;
};

}  // namespace jsnorm::cuda
