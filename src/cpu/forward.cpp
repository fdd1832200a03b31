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
    const Problem &problem = context.problem;
    return {Traversal(problem, make_view(problem, {&x.layout, &z.layout, &y.layout})),
            static_cast<const T *>(x.data),
            static_cast<const T *>(z.data),
            static_cast<T *>(y.data),
            problem.norm.activation == JSNORM_ACTIVATION_RELU,
            mask,
            forward,
            context.parameters(parameters),
            context.past_cache(),
            context.near()};
}

template <class T>
void train(const Problem &given, const ForwardTrainingCall &call, Resources resources) {
    const Traversal of_x(given, make_view(given, {&call.x.layout}));
    const Problem problem = as_scheduled(given, of_x, resources.threads, false);
    const Context<T> context(problem, JSNORM_FORWARD_TRAINING, resources);
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
        const Schedule schedule(problem, of_x, context.threads);
        schedule.for_groups([&](Range groups, int threads) {
            const Range cells = context.cells_of_groups(groups);
            compute_statistics(problem, of_x, pass.x, cells, threads, context.moment_partials(),
                               context.mean(), context.variance());
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
    update_running_statistics(given, problem.empty() ? 0 : context.elements(), vectors,
                              call.running);
}

template <class T>
void infer(const Problem &problem, const ForwardInferenceCall &call, Resources resources) {
    if (problem.empty()) return;
    const Context<T> context(problem, JSNORM_FORWARD_INFERENCE, resources);
    use_running_statistics(problem, context, call.running);
    const EstimatedStatistics vectors = context.vectors();
    write_forward_coefficients(problem, context.all_groups(), vectors, context.forward());
    const auto pass =
        apply_pass(context, call.x, call.z, call.y, call.parameters, nullptr, context.forward());
    apply_forward(problem, pass, context.all_cells(), context.threads);
}

template <class T>
void apply(const Problem &problem, const ForwardApplyCall &call, Resources resources) {
    if (problem.empty()) return;
    const Context<T> context(problem, JSNORM_FORWARD_APPLY, resources);
    clear_mask(call.mask, call.x.layout, context.threads);
    const auto pass = apply_pass(context, call.x, call.z, call.y, call.parameters, call.mask,
                                 forward_coefficients<T>(call.coefficients, problem));
    apply_forward(problem, pass, context.all_cells(), context.threads);
}

}  // namespace

void forward_training(const Problem &problem, const ForwardTrainingCall &call,
                      Resources resources) {
    with_type(problem.type, [&](auto tag) { train<decltype(tag)>(problem, call, resources); });
}

void forward_inference(const Problem &problem, const ForwardInferenceCall &call,
                       Resources resources) {
    with_type(problem.type, [&](auto tag) { infer<decltype(tag)>(problem, call, resources); });
}

void forward_apply(const Problem &problem, const ForwardApplyCall &call, Resources resources) {
    with_type(problem.type, [&](auto tag) { apply<decltype(tag)>(problem, call, resources); });
}

}  // namespace jsnorm::cpu
