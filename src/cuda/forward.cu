// SPDX-License-Identifier: Apache-2.0
// Forward training and inference: statistics -> shrinkage and coefficients -> apply, or all at
// once.
#include "src/cuda/context.hpp"
#include "src/cuda/operations.hpp"

namespace jsnorm::cuda {

namespace {

// x, z and y with everything but the statistics.
template <class T>
class Output {
  public:
    Output(Context<T> &context, const ConstTensor &x, const ConstTensor &z, const Tensor &y,
           const Parameters &parameters, uint32_t *mask)
        : context_(context),
          problem_(context.problem),
          view_(make_view(problem_, {&x.layout, &z.layout, &y.layout})),
          x_view_(make_view(problem_, {&x.layout})),
          aligned_(is_aligned(x.data) && is_aligned(z.data) && is_aligned(y.data)),
          x_(static_cast<const T *>(x.data)),
          z_(static_cast<const T *>(z.data)),
          y_(static_cast<T *>(y.data)),
          parameters_(parameters),
          mask_(mask) {}

    // How groups that are read once are cut, where they can be.
    std::optional<Fused> fused_plan() const {
        return fused(problem_, x_view_, RowsKernel::kForward, context_.device);
    }

    void at_once(const Fused &fused, const StatisticOutputs &statistics) {
        const auto &[problem, tree] = fused;
        const bool whole_words = prepare_mask(tree);
        const RowsPlan plan = plan_of(problem, tree, RowsKernel::kForward);
        launch_rows_fused_forward<T>(
            context_.queue, tree.lanes,
            blocks_of_rows(plan_groups(problem, tree).steps, tree, plan, context_.device),
            plan.shared_bytes(),
            {rows_of(problem, view_, tree, plan.access), row_groups(problem, tree), x_,
             rows_output(plan, whole_words), context_.rules(), statistic_arrays(statistics),
             plan.memory});
    }

    void apply(const gpu::ForwardArrays<Compute<T>> &coefficients) {
        const Tree tree = make_tree(problem_, view_);
        const bool whole_words = prepare_mask(tree);
        if (tree.columns) {
            const bool vectors = allows_vectors(problem_, view_, tree, aligned_);
            const gpu::Columns columns = columns_of(problem_, view_, tree, vectors);
            launch_columns_apply_forward<T>(
                context_.queue, columns.apply_units(),
                {columns, x_, z_, y_, context_.parameters(parameters_), coefficients, relu(),
                 whole_words ? 1 : 0, mask_, context_.streams()});
        } else {
            const RowsPlan plan = plan_of(problem_, tree, RowsKernel::kApplyForward);
            const int64_t tiles = gpu::divide_up(problem_.cell_elements, tree.tile);
            launch_rows_apply_forward<T>(
                context_.queue, tree.lanes,
                blocks_of_rows(row_blocks(problem_, tree) * tiles, tree, plan, context_.device),
                plan.shared_bytes(),
                {rows_of(problem_, view_, tree, plan.access), x_, rows_output(plan, whole_words),
                 coefficients, plan.memory});
        }
    }

  private:
    // Whether threads own whole words of the mask; else they or bits into words that are 0.
    bool prepare_mask(const Tree &tree) {
        const bool vectors = allows_vectors(problem_, view_, tree, aligned_);
        const bool owned = owns_mask_words(problem_, view_, tree, vectors);
        if (mask_ != nullptr && !owned) {
            const int64_t words = gpu::divide_up(problem_.cells * problem_.cell_elements, 32);
            launch_finalize_clear_mask(context_.queue, gpu::divide_up(words, gpu::kFinalizeThreads),
                              {mask_, words});
        }
        return owned;
    }
    RowsPlan plan_of(const Problem &problem, const Tree &tree, RowsKernel kernel) const {
        return plan_rows(problem, tree, kernel, row_access(problem, view_, tree, aligned_),
                         context_.device);
    }
    int32_t relu() const { return problem_.norm.activation == JSNORM_ACTIVATION_RELU ? 1 : 0; }

    gpu::RowsOutput<T> rows_output(const RowsPlan &plan, bool whole_words) {
        gpu::RowsOutput<T> out;
        out.z = z_;
        out.y = y_;
        out.parameters = context_.row_parameters(parameters_, plan.held);
        out.relu = relu();
        out.whole_words = whole_words ? 1 : 0;
        out.mask = mask_;
        return out;
    }

    Context<T> &context_;
    const Problem &problem_;
    const View view_;
    const View x_view_;
    const bool aligned_;
    const T *x_;
    const T *z_;
    T *y_;
    const Parameters parameters_;
    uint32_t *mask_;
};

template <class T>
jsnormStatus_t train(const Invocation &invocation, const ForwardTrainingCall &call) {
    Context<T> context(invocation, JSNORM_FORWARD_TRAINING);
    const Problem &problem = context.problem;
    gpu::FinalizeForward<Compute<T>> finalize;
    finalize.statistics = statistic_arrays(call.statistics);
    finalize.running = context.running_average(call.running);
    if (problem.empty()) {
        context.finalize(finalize, context.rules());
        return context.queue.status();
    }
    Output<T> output(context, call.x, call.z, call.y, call.parameters, call.mask);
    finalize.elements.value = context.elements();
    if (const std::optional<Fused> plan = output.fused_plan()) {
        StatisticOutputs statistics = call.statistics;
        const bool runs =
            call.running.next_mean != nullptr || call.running.next_variance != nullptr;
        if (runs && statistics.saved_mean == nullptr) statistics.saved_mean = context.mean();
        if (runs && statistics.saved_variance == nullptr) {
            statistics.saved_variance = context.variance();
        }
        output.at_once(*plan, statistics);
        finalize.statistics = {};
        finalize.vectors = {statistics.saved_mean, statistics.saved_variance};
        if (runs) context.finalize(finalize, context.rules());
        return context.queue.status();
    }
    context.statistics(call.x, context.elements(), context.mean(), context.variance());
    finalize.vectors = {context.mean(), context.variance()};
    finalize.forward = context.forward();
    context.finalize(finalize, context.rules());
    output.apply(context.forward());
    return context.queue.status();
}

template <class T>
jsnormStatus_t infer(const Invocation &invocation, const ForwardInferenceCall &call) {
    Context<T> context(invocation, JSNORM_FORWARD_INFERENCE);
    if (context.problem.empty()) return JSNORM_STATUS_SUCCESS;
    const gpu::NormRules rules = context.use_running(call.running);
    gpu::FinalizeForward<Compute<T>> finalize;
    finalize.vectors = {context.mean(), context.variance()};
    finalize.elements.value = static_cast<double>(call.running.element_count);
    finalize.forward = context.forward();
    context.finalize(finalize, rules);
    Output<T>(context, call.x, call.z, call.y, call.parameters, nullptr).apply(context.forward());
    return context.queue.status();
}

template <class T>
jsnormStatus_t apply(const Invocation &invocation, const ForwardApplyCall &call) {
    using Acc = Compute<T>;
    Context<T> context(invocation, JSNORM_FORWARD_APPLY);
    if (context.problem.empty()) return JSNORM_STATUS_SUCCESS;
    auto *coefficients = static_cast<Acc *>(const_cast<void *>(call.coefficients));
    Output<T>(context, call.x, call.z, call.y, call.parameters, call.mask)
        .apply({coefficients, context.problem.cells});
    return context.queue.status();
}

}  // namespace

jsnormStatus_t run(const Invocation &invocation, const ForwardTrainingCall &call) {
    return with_type(invocation.problem->type,
                     [&](auto tag) { return train<decltype(tag)>(invocation, call); });
}

jsnormStatus_t run(const Invocation &invocation, const ForwardInferenceCall &call) {
    return with_type(invocation.problem->type,
                     [&](auto tag) { return infer<decltype(tag)>(invocation, call); });
}

jsnormStatus_t run(const Invocation &invocation, const ForwardApplyCall &call) {
    return with_type(invocation.problem->type,
                     [&](auto tag) { return apply<decltype(tag)>(invocation, call); });
}

}  // namespace jsnorm::cuda
