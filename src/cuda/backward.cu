// SPDX-License-Identifier: Apache-2.0
// Backward, through the statistics or with them fixed: coefficients -> sums -> shrinkage's gradient
// -> apply, or all at once.
#include "src/cuda/backward_input.hpp"
#include "src/cuda/operations.hpp"

namespace jsnorm::cuda {

namespace {

template <class T>
jsnormStatus_t differentiate(const Invocation &invocation, const BackwardCall &call) {
    Context<T> context(invocation, call.fixed ? JSNORM_BACKWARD_FIXED_STATISTICS : JSNORM_BACKWARD);
    const Problem &problem = context.problem;
    const bool wants_parameters = BackwardInput<T>::wants(call.gradients);
    if (problem.empty()) {
        if (wants_parameters) {
            launch_finalize_zero_gradients<T>(context.queue,
                                     gpu::divide_up(problem.shape.parameters, gpu::kFinalizeThreads),
                                     {problem.shape.parameters,
                                      context.gradient(call.gradients.dgamma, call.gradients.type),
                                      context.gradient(call.gradients.dbeta, call.gradients.type)});
        }
        return context.queue.status();
    }
    BackwardInput<T> input(context, call.x, call.dy, call.dx, call.dz, call.parameters, call.mask);
    const std::optional<Fused> plan = call.fixed ? std::nullopt : input.fused_plan();
    if (plan) {
        input.at_once(*plan, call.saved_mean, call.saved_variance, call.gradients);
        if (!problem.parameter_per_element) {
            BackwardInput<T>::parameter_gradients(context, call.saved_mean, context.sums(),
                                                  call.gradients);
        }
        return context.queue.status();
    }
    const double *mean = call.saved_mean;
    const double *variance = call.saved_variance;
    gpu::NormRules rules = context.rules();
    gpu::FinalizeForward<Compute<T>> finalize;
    finalize.elements.value = context.elements();
    if (call.fixed) {
        rules = context.use_running(call.running);
        mean = context.mean();
        variance = context.variance();
        finalize.elements.value = static_cast<double>(call.running.element_count);
        finalize.centre_is_shrunk = 1;
    }
    finalize.vectors = {mean, variance};
    finalize.forward = context.forward();
    finalize.backward = context.backward();
    finalize.shrunk_mean = context.shrunk_mean();
    finalize.shrunk_variance = context.shrunk_variance();
    context.finalize(finalize, rules);

    const bool through = !call.fixed;
    const bool wants_terms = through && call.dx.data != nullptr;
    if (wants_parameters || wants_terms) {
        input.reduce(context.forward(), context.backward(), context.sums(), call.gradients);
    }
    if (wants_terms) {
        gpu::Elements elements;
        elements.value = context.elements();
        input.finalize(elements, mean, variance, context.sums(), context.backward());
    }
    if (!problem.parameter_per_element) {
        BackwardInput<T>::parameter_gradients(context, call.fixed ? nullptr : mean, context.sums(),
                                              call.gradients);
    }
    input.apply(context.forward(), context.backward(), through);
    return context.queue.status();
}

template <class T>
jsnormStatus_t reduce(const Invocation &invocation, const BackwardReduceCall &call) {
    using Acc = Compute<T>;
    Context<T> context(invocation, JSNORM_BACKWARD_REDUCE);
    const Problem &problem = context.problem;
    if (problem.empty()) {
        launch_finalize_zero_gradients<double>(context.queue,
                                      gpu::divide_up(2 * problem.cells, gpu::kFinalizeThreads),
                                      {2 * problem.cells, {nullptr, call.sums}, {}});
        return context.queue.status();
    }
    launch_finalize_centres<Acc>(context.queue, gpu::divide_up(problem.cells, gpu::kFinalizeThreads),
                              {problem.cells, call.saved_mean, context.backward()});
    Tensor none;
    none.layout = call.x.layout;
    BackwardInput<T> input(context, call.x, call.dy, none, none, call.parameters, call.mask);
    auto *forward = static_cast<Acc *>(const_cast<void *>(call.coefficients));
    input.reduce({forward, problem.cells}, context.backward(), call.sums, {});
    return context.queue.status();
}

template <class T>
jsnormStatus_t finalize(const Invocation &invocation, const BackwardFinalizeCall &call) {
    using Acc = Compute<T>;
    Context<T> context(invocation, JSNORM_BACKWARD_FINALIZE);
    const Problem &problem = context.problem;
    const gpu::BackwardArrays<Acc> coefficients = {static_cast<Acc *>(call.coefficients),
                                                   problem.cells};
    gpu::Elements elements;
    elements.count = call.total_count;
    gpu::FinalizeForward<Acc> centres;
    centres.vectors = {call.saved_mean, call.saved_variance};
    centres.elements = elements;
    centres.backward = coefficients;
    centres.shrunk_mean = context.shrunk_mean();
    centres.shrunk_variance = context.shrunk_variance();
    context.finalize(centres, context.rules());
    BackwardInput<T>::finalize_terms(context, elements, call.saved_mean, call.saved_variance,
                                     call.parameters, call.global_sums, coefficients);
    const bool local = problem.norm.gradient_scope == JSNORM_PARAMETER_GRADIENT_LOCAL;
    const double *sums = local && call.local_sums != nullptr ? call.local_sums : call.global_sums;
    BackwardInput<T>::parameter_gradients(context, call.saved_mean, sums, call.gradients);
    return context.queue.status();
}

template <class T>
jsnormStatus_t apply(const Invocation &invocation, const BackwardApplyCall &call) {
    using Acc = Compute<T>;
    Context<T> context(invocation, JSNORM_BACKWARD_APPLY);
    if (context.problem.empty()) return JSNORM_STATUS_SUCCESS;
    const int64_t cells = context.problem.cells;
    auto *forward = static_cast<Acc *>(const_cast<void *>(call.forward_coefficients));
    auto *backward = static_cast<Acc *>(const_cast<void *>(call.backward_coefficients));
    BackwardInput<T>(context, call.x, call.dy, call.dx, call.dz, call.parameters, call.mask)
        .apply({forward, cells}, {backward, cells}, true);
    return context.queue.status();
}

}  // namespace

jsnormStatus_t run(const Invocation &invocation, const BackwardCall &call) {
    return with_type(invocation.problem->type,
                     [&](auto tag) { return differentiate<decltype(tag)>(invocation, call); });
}

jsnormStatus_t run(const Invocation &invocation, const BackwardReduceCall &call) {
    return with_type(invocation.problem->type,
                     [&](auto tag) { return reduce<decltype(tag)>(invocation, call); });
}

jsnormStatus_t run(const Invocation &invocation, const BackwardFinalizeCall &call) {
    return with_type(invocation.problem->type,
                     [&](auto tag) { return finalize<decltype(tag)>(invocation, call); });
}

jsnormStatus_t run(const Invocation &invocation, const BackwardApplyCall &call) {
    return with_type(invocation.problem->type,
                     [&](auto tag) { return apply<decltype(tag)>(invocation, call); });
}

}  // namespace jsnorm::cuda
