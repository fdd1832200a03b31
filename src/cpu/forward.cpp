// SPDX-License-Identifier: Apache-2.0
// Forward training and inference: statistics -> shrinkage and coefficients -> apply.
#include "src/cpu/apply.hpp"
#include "src/cpu/context.hpp"
#include "src/cpu/statistics.hpp"

namespace jsnorm::cpu {

namespace {

template <class T>
ForwardApplyPass<T> apply_pass(const Context<T> &context, const ConstTensor &x,
                               const ConstTensor &z, const Tensor &y, const Parameters &parameters,
                               uint32_t *mask, const ForwardCoefficients<Compute<T>> &forward) {
    return {*context.plan.elements,
            static_cast<const T *>(x.data),
            static_cast<const T *>(z.data),
            static_cast<T *>(y.data),
            context.problem.norm.activation == JSNORM_ACTIVATION_RELU,
            mask,
            forward,
            context.parameters(parameters),
            context.plan.past_cache,
            context.plan.near};
}

template <class T>
void train(const Plan &plan, const ForwardTrainingCall &call, void *workspace) {
    const Context<T> context(plan, workspace);
    const Problem &problem = plan.problem;
    const EstimatedStatistics vectors = context.vectors();
    const int64_t count = problem.statistics_total();
    if (problem.empty()) {
        std::fill(context.mean(), context.mean() + count, 0.0);
        std::fill(context.variance(), context.variance() + count, 0.0);
        shrink_statistics(problem, context.all_groups(), 0, vectors);
    } else {
        clear_mask(call.mask, call.x.layout, context.threads);
        const auto pass = apply_pass(context, call.x, call.z, call.y, call.parameters, call.mask,
                                     context.forward());
        plan.schedule->for_groups([&](Range groups, int threads) {
            const Range cells = context.cells_of_groups(groups);
            compute_statistics(problem, *plan.inputs, pass.x, cells, threads,
                               context.moment_partials(), context.mean(), context.variance());
            finish_variances(context.variance(),
                             {groups.begin * problem.statistics, groups.end * problem.statistics},
                             context.elements());
            shrink_statistics(problem, groups, context.elements(), vectors);
            write_forward_coefficients(problem, groups, vectors, context.forward());
            apply_forward(problem, pass, cells, threads);
        });
    }
    copy_statistics(context.mean(), count, call.statistics.saved_mean);
    copy_statistics(context.variance(), count, call.statistics.saved_variance);
    copy_statistics(context.shrunk_mean(), count, call.statistics.shrunk_mean);
    copy_statistics(context.shrunk_variance(), count, call.statistics.shrunk_variance);
    update_running_statistics(problem, problem.empty() ? 0 : context.elements(), vectors,
                              call.running);
}

template <class T>
void infer(const Plan &plan, const ForwardInferenceCall &call, void *workspace) {
    const Problem &problem = plan.problem;
    if (problem.empty()) return;
    const Context<T> context(plan, workspace);
    use_running_statistics(context, call.running);
    const EstimatedStatistics vectors = context.vectors();
    write_forward_coefficients(problem, context.all_groups(), vectors, context.forward());
    clear_mask(call.mask, call.x.layout, context.threads);
    const auto pass =
        apply_pass(context, call.x, call.z, call.y, call.parameters, call.mask, context.forward());
    apply_forward(problem, pass, context.all_cells(), context.threads);
}

template <class T>
void apply(const Plan &plan, const ForwardApplyCall &call, void *workspace) {
    const Problem &problem = plan.problem;
    if (problem.empty()) return;
    const Context<T> context(plan, workspace);
    clear_mask(call.mask, call.x.layout, context.threads);
    const auto pass = apply_pass(context, call.x, call.z, call.y, call.parameters, call.mask,
                                 forward_coefficients<T>(call.coefficients, problem));
    apply_forward(problem, pass, context.all_cells(), context.threads);
}

}  // namespace

void run(const Plan &plan, const ForwardTrainingCall &call, void *workspace) {
    with_type(plan.problem.type, [&](auto tag) { train<decltype(tag)>(plan, call, workspace); });
}

void run(const Plan &plan, const ForwardInferenceCall &call, void *workspace) {
    with_type(plan.problem.type, [&](auto tag) { infer<decltype(tag)>(plan, call, workspace); });
}

void run(const Plan &plan, const ForwardApplyCall &call, void *workspace) {
    with_type(plan.problem.type, [&](auto tag) { apply<decltype(tag)>(plan, call, workspace); });
}

}  // namespace jsnorm::cpu
