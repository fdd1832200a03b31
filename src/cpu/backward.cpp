// SPDX-License-Identifier: Apache-2.0
// Backward, through the statistics or with them fixed: coefficients -> sums -> shrinkage's gradient
// -> apply.
#include <cstring>
#include <optional>

#include "src/cpu/apply.hpp"
#include "src/cpu/context.hpp"
#include "src/cpu/gradient_sums.hpp"

namespace jsnorm::cpu {

namespace {

template <class T>
GradientSumsPass<T> sums_pass(const Context<T> &context, const ConstTensor &x,
                              const ConstTensor &dy, const uint32_t *mask,
                              const ForwardCoefficients<Compute<T>> &forward,
                              const ParameterValues<Compute<T>> &parameters) {
    const Problem &problem = context.problem;
    return {{*context.plan.inputs, static_cast<const T *>(x.data), static_cast<const T *>(dy.data),
             gate_of(problem, mask), mask, forward, context.backward(), parameters,
             problem.parameter_per_element},
            context.gradient_partials(),
            context.sums(),
            context.parameter_partials()};
}

template <class T>
BackwardApplyPass<T> apply_pass(const Context<T> &context, const ConstTensor &x,
                                const ConstTensor &dy, const Tensor &dx, const Tensor &dz,
                                const uint32_t *mask, bool through_statistics,
                                const ForwardCoefficients<Compute<T>> &forward,
                                const BackwardCoefficients<Compute<T>> &backward,
                                const ParameterValues<Compute<T>> &parameters) {
    const Problem &problem = context.problem;
    return {{*context.plan.elements, static_cast<const T *>(x.data),
             static_cast<const T *>(dy.data), gate_of(problem, mask), mask, forward, backward,
             parameters, problem.parameter_per_element},
            static_cast<T *>(dx.data),
            static_cast<T *>(dz.data),
            through_statistics,
            context.plan.past_cache,
            context.plan.near};
}

void zero_parameter_gradients(const Problem &problem, const ParameterGradients &gradients) {
    // The bits of 0 are zeros in every type.
    const size_t bytes = static_cast<size_t>(problem.shape.parameters) * bytes_of(gradients.type);
    if (gradients.dgamma != nullptr) std::memset(gradients.dgamma, 0, bytes);
    if (gradients.dbeta != nullptr) std::memset(gradients.dbeta, 0, bytes);
}

template <class T>
void differentiate(const Plan &plan, const BackwardCall &call, void *workspace) {
    const Problem &problem = plan.problem;
    if (problem.empty()) return zero_parameter_gradients(problem, call.gradients);
    const Context<T> context(plan, workspace);
    const EstimatedStatistics vectors =
        call.fixed ? context.vectors() : context.vectors_of(call.saved_mean, call.saved_variance);
    if (call.fixed) use_running_statistics(context, call.running);
    const auto parameters = context.parameters(call.parameters);
    const auto sums = sums_pass(context, call.x, call.dy, call.mask, context.forward(), parameters);
    std::optional<BackwardApplyPass<T>> apply;
    if (plan.elements) {
        apply = apply_pass(context, call.x, call.dy, call.dx, call.dz, call.mask, !call.fixed,
                           context.forward(), context.backward(), parameters);
    }
    const bool wants_parameters =
        call.gradients.dgamma != nullptr || call.gradients.dbeta != nullptr;
    const bool needs_sums = wants_parameters || (!call.fixed && call.dx.data != nullptr);

    plan.schedule->for_groups([&](Range groups, int threads) {
        const Range cells = context.cells_of_groups(groups);
        if (!call.fixed) shrink_statistics(problem, groups, context.elements(), vectors);
        write_forward_coefficients(problem, groups, vectors, context.forward());
        write_centres(problem, groups, vectors, call.fixed, context.backward());
        if (needs_sums) compute_gradient_sums(problem, sums, cells, threads);
        if (!call.fixed && call.dx.data != nullptr) {
            write_backward_coefficients(problem, groups, context.elements(), vectors, parameters,
                                        context.sums(), context.weighted(), context.backward());
        }
        if (apply) apply_backward(problem, *apply, cells, threads);
    });
    if (problem.parameter_per_element) {
        sum_parameter_partials(problem, context.threads, context.parameter_partials(),
                               call.gradients);
    } else {
        write_parameter_gradients(problem, context.threads, vectors, call.fixed, context.sums(),
                                  call.gradients);
    }
}

template <class T>
void reduce(const Plan &plan, const BackwardReduceCall &call, void *workspace) {
    const Problem &problem = plan.problem;
    if (problem.empty()) {
        std::fill(call.sums, call.sums + 2 * problem.cells, 0.0);
        return;
    }
    const Context<T> context(plan, workspace);
    const auto centres = context.backward();
    for (int64_t k = 0; k < problem.cells; ++k) {
        split_mean(call.saved_mean[k], centres.mean_head[k], centres.mean_tail[k]);
        centres.rstd[k] = 0;
    }
    // Forward coefficients are read only to recompute ReLU's sign; otherwise any pointer will do.
    const void *forward = call.coefficients != nullptr ? call.coefficients : centres.mean_head;
    const auto pass =
        sums_pass(context, call.x, call.dy, call.mask, forward_coefficients<T>(forward, problem),
                  context.parameters(call.parameters));
    compute_gradient_sums(problem, pass, context.all_cells(), context.threads);
    for (int64_t k = 0; k < problem.cells; ++k) {
        call.sums[k] = context.sums()[k].g;
        call.sums[problem.cells + k] = context.sums()[k].g_centred;
    }
}

template <class T>
void apply(const Plan &plan, const BackwardApplyCall &call, void *workspace) {
    const Problem &problem = plan.problem;
    if (!plan.elements) return;
    const Context<T> context(plan, workspace);
    // Without a sign to recompute the forward coefficients are not used: any will do.
    const void *forward = call.forward_coefficients != nullptr ? call.forward_coefficients
                                                               : call.backward_coefficients;
    const auto pass = apply_pass(context, call.x, call.dy, call.dx, call.dz, call.mask, true,
                                 forward_coefficients<T>(forward, problem),
                                 backward_coefficients<T>(call.backward_coefficients, problem),
                                 context.parameters(call.parameters));
    apply_backward(problem, pass, context.all_cells(), context.threads);
}

}  // namespace

void run(const Plan &plan, const BackwardCall &call, void *workspace) {
    with_type(plan.problem.type,
              [&](auto tag) { differentiate<decltype(tag)>(plan, call, workspace); });
}

void run(const Plan &plan, const BackwardReduceCall &call, void *workspace) {
    with_type(plan.problem.type, [&](auto tag) { reduce<decltype(tag)>(plan, call, workspace); });
}

void run(const Plan &plan, const BackwardApplyCall &call, void *workspace) {
    with_type(plan.problem.type, [&](auto tag) { apply<decltype(tag)>(plan, call, workspace); });
}

}  // namespace jsnorm::cpu
