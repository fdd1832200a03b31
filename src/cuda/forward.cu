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
          tree(make_tree(problem_, view_)),
          aligned_(is_aligned(x.data) && is_aligned(z.data) && is_aligned(y.data)),
          vectors_(allows_vectors(problem_, view_, tree, aligned_)),
          x_(static_cast<const T *>(x.data)),
          z_(static_cast<const T *>(z.data)),
          y_(static_cast<T *>(y.data)),
          parameters_(parameters),
          mask_(mask),
          whole_words_(owns_mask_words(problem_, view_, tree, vectors_)) {}

  private:
    Context<T> &context_;
    const Problem &problem_;
    const View view_;

  public:
    const Tree tree;

    // Where threads that are not neighbours share words, they are or-ed in.
    void clear_mask() {
        if (mask_ == nullptr || whole_words_) return;
        const int64_t words = gpu::divide_up(problem_.cells * problem_.cell_elements, 32);
        launch_clear_mask(context_.queue, gpu::divide_up(words, gpu::kFinalizeThreads),
                          {mask_, words});
    }

    bool fuses() const { return forward_scheme(problem_, tree, context_.device) == Scheme::kFused; }

    // Groups of rows that are read once.
    void fused(const StatisticOutputs &statistics) {
        clear_mask();
        const RowsPlan plan =
            plan_rows(problem_, tree, RowsKernel::kForward, access(), context_.device);
        const int64_t steps = plan_groups(problem_, tree).steps;
        launch_rows_forward<T>(context_.queue, tree.lanes,
                               blocks_of_rows(steps, tree, plan, context_.device),
                               plan.shared_bytes(),
                               {rows(plan), row_groups(problem_, tree), x_, rows_output(plan),
                                context_.rules(), statistic_arrays(statistics), plan.memory});
    }

    void apply(const gpu::ForwardArrays<Compute<T>> &coefficients) {
        clear_mask();
        if (tree.columns) {
            const gpu::Columns columns = columns_of(problem_, view_, tree, vectors_);
            launch_columns_apply_forward<T>(context_.queue, columns.units(),
                                            context_.column_staging(tree, vectors_, gpu::kPairRows),
                                            {columns, x_, z_, y_, context_.parameters(parameters_),
                                             coefficients, relu(), words(), mask_});
        } else {
            const RowsPlan plan =
                plan_rows(problem_, tree, RowsKernel::kApplyForward, access(), context_.device);
            const int64_t tiles = gpu::divide_up(problem_.cell_elements, tree.tile);
            launch_rows_apply_forward<T>(
                context_.queue, tree.lanes,
                blocks_of_rows(row_blocks(problem_, tree) * tiles, tree, plan, context_.device),
                plan.shared_bytes(),
                {rows(plan), x_, rows_output(plan), coefficients, plan.memory});
        }
    }

  private:
    gpu::RowAccess access() const { return row_access(problem_, view_, tree, aligned_); }
    gpu::Rows rows(const RowsPlan &plan) const {
        return rows_of(problem_, view_, tree, plan.access);
    }
    int32_t relu() const { return problem_.norm.activation == JSNORM_ACTIVATION_RELU ? 1 : 0; }
    int32_t words() const { return whole_words_ ? 1 : 0; }

    gpu::RowsOutput<T> rows_output(const RowsPlan &plan) {
        gpu::RowsOutput<T> out;
        out.z = z_;
        out.y = y_;
        out.parameters = context_.row_parameters(parameters_, plan.held);
        out.relu = relu();
        out.whole_words = words();
        out.mask = mask_;
        return out;
    }

    bool aligned_;
    bool vectors_;
    const T *x_;
    const T *z_;
    T *y_;
    const Parameters parameters_;
    uint32_t *mask_;
    bool whole_words_;
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
    const Tree x_tree = make_tree(problem, make_view(problem, {&call.x.layout}));
    if (output.fuses() && !x_tree.columns) {
        output.fused(call.statistics);
        return context.queue.status();
    }
    context.statistics(call.x, context.elements(), context.mean(), context.variance());
    finalize.vectors = {context.mean(), context.variance()};
    finalize.elements.value = context.elements();
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
