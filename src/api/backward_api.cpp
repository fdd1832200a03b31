// SPDX-License-Identifier: Apache-2.0
#include "src/api/operation.hpp"
#include "src/api/operations.hpp"

namespace jsnorm {

namespace {

// The arguments that all operations with dx and dz share: x, dy, dx, dz, mask, parameters.
template <class Args, class Call>
jsnormStatus_t check_tensors(const Args &args, const Problem &problem, Arguments &arguments,
                             Call &call) {
    JSNORM_TRY(
        arguments.input("args.x", args.x, "args.x_desc", args.x_desc, Need::kRequired, call.x));
    JSNORM_TRY(arguments.input("args.dy", args.dy, "args.dy_desc", args.dy_desc, Need::kRequired,
                               call.dy));
    JSNORM_TRY(arguments.output("args.dx", args.dx, "args.dx_desc", args.dx_desc, Need::kOptional,
                                call.dx));
    JSNORM_TRY(arguments.output("args.dz", args.dz, "args.dz_desc", args.dz_desc, Need::kOptional,
                                call.dz));
    arguments.allow("args.dx", "args.dy");
    arguments.allow("args.dz", "args.dy");
    JSNORM_REQUIRE(args.dz == nullptr || args.mask != nullptr || problem.empty() ||
                       problem.norm.activation == JSNORM_ACTIVATION_NONE,
                   JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                   "args.mask is NULL, but args.dz is given and the activation is ReLU");
    JSNORM_TRY(arguments.mask(args.mask, false));
    call.mask = args.mask;
    return arguments.parameters(args.parameter_desc, args.gamma, args.beta, call.parameters);
}

}  // namespace

jsnormStatus_t backward(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                        const jsnormBackwardArgs_t *given, Text *description) {
    Operation<jsnormBackwardArgs_t> operation;
    JSNORM_TRY(begin(handle, norm, given, JSNORM_BACKWARD, description, operation));
    const auto &args = operation.args;
    const int64_t count = operation.problem.statistics_total();
    Arguments arguments(handle, operation.problem, operation.x);
    BackwardCall call;
    JSNORM_TRY(check_tensors(args, operation.problem, arguments, call));
    JSNORM_TRY(arguments.input_array("args.saved_mean", args.saved_mean, count, sizeof(double),
                                     Need::kRequired));
    JSNORM_TRY(arguments.input_array("args.saved_variance", args.saved_variance, count,
                                     sizeof(double), Need::kRequired));
    JSNORM_TRY(arguments.parameter_gradients(args.parameter_desc, args.dgamma, args.dbeta,
                                             call.gradients));
    call.saved_mean = args.saved_mean;
    call.saved_variance = args.saved_variance;
    JSNORM_TRY(finish(operation, arguments));
    return start(operation, call);
}

jsnormStatus_t backward_fixed_statistics(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                         const jsnormBackwardFixedStatisticsArgs_t *given,
                                         Text *description) {
    Operation<jsnormBackwardFixedStatisticsArgs_t> operation;
    JSNORM_TRY(
        begin(handle, norm, given, JSNORM_BACKWARD_FIXED_STATISTICS, description, operation));
    JSNORM_TRY(require_batch_kind(operation.problem,
                                  "its statistics are never fixed; use "
                                  "jsnormBackward"));
    const auto &args = operation.args;
    Arguments arguments(handle, operation.problem, operation.x);
    BackwardCall call;
    call.fixed = true;
    JSNORM_TRY(check_tensors(args, operation.problem, arguments, call));
    JSNORM_TRY(arguments.running_statistics(args.running_desc, args.running_mean,
                                            args.running_variance, args.running_element_count,
                                            call.running));
    JSNORM_TRY(arguments.parameter_gradients(args.parameter_desc, args.dgamma, args.dbeta,
                                             call.gradients));
    JSNORM_TRY(finish(operation, arguments));
    return start(operation, call);
}

jsnormStatus_t backward_apply(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              const jsnormBackwardApplyArgs_t *given, Text *description) {
    Operation<jsnormBackwardApplyArgs_t> operation;
    JSNORM_TRY(begin(handle, norm, given, JSNORM_BACKWARD_APPLY, description, operation));
    JSNORM_TRY(require_batch_kind(operation.problem, "use jsnormBackward"));
    const auto &args = operation.args;
    Arguments arguments(handle, operation.problem, operation.x);
    BackwardApplyCall call;
    JSNORM_TRY(check_tensors(args, operation.problem, arguments, call));
    JSNORM_TRY(arguments.forward_coefficients("args.forward_coefficients",
                                              args.forward_coefficients,
                                              recomputes_sign(operation.problem, args.mask)));
    JSNORM_TRY(
        arguments.backward_coefficients("args.backward_coefficients", args.backward_coefficients));
    call.forward_coefficients = args.forward_coefficients;
    call.backward_coefficients = args.backward_coefficients;
    JSNORM_TRY(finish(operation, arguments));
    return start(operation, call);
}

}  // namespace jsnorm

jsnormStatus_t jsnormBackward(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              const jsnormBackwardArgs_t *args) {
    return jsnorm::operation_entry("jsnormBackward",
                                   [&] { return jsnorm::backward(handle, norm, args, nullptr); });
}

jsnormStatus_t jsnormBackwardFixedStatistics(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                             const jsnormBackwardFixedStatisticsArgs_t *args) {
    return jsnorm::operation_entry("jsnormBackwardFixedStatistics", [&] {
        return jsnorm::backward_fixed_statistics(handle, norm, args, nullptr);
    });
}

jsnormStatus_t jsnormBackwardApply(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                   const jsnormBackwardApplyArgs_t *args) {
    return jsnorm::operation_entry(
        "jsnormBackwardApply", [&] { return jsnorm::backward_apply(handle, norm, args, nullptr); });
}
