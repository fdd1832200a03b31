// SPDX-License-Identifier: Apache-2.0
#include "src/api/operation.hpp"
#include "src/api/operations.hpp"

namespace jsnorm {

namespace {

// The arguments that all operations with y share: x, z, y, parameters.
template <class Args, class Call>
jsnormStatus_t check_tensors(const Args &args, Arguments &arguments, Call &call) {
    JSNORM_TRY(
        arguments.input("args.x", args.x, "args.x_desc", args.x_desc, Need::kRequired, call.x));
    JSNORM_TRY(
        arguments.input("args.z", args.z, "args.z_desc", args.z_desc, Need::kOptional, call.z));
    JSNORM_TRY(
        arguments.output("args.y", args.y, "args.y_desc", args.y_desc, Need::kRequired, call.y));
    arguments.allow("args.y", "args.x");
    arguments.allow("args.y", "args.z");
    return arguments.parameters(args.parameter_desc, args.gamma, args.beta, call.parameters);
}

}  // namespace

jsnormStatus_t forward_training(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                const jsnormForwardTrainingArgs_t *given, Text *description) {
    Operation<jsnormForwardTrainingArgs_t> operation;
    JSNORM_TRY(begin(handle, norm, given, JSNORM_FORWARD_TRAINING, description, operation));
    const auto &args = operation.args;
    Arguments arguments(handle, operation.problem, operation.x);
    ForwardTrainingCall call;
    JSNORM_TRY(check_tensors(args, arguments, call));
    JSNORM_TRY(arguments.statistic_outputs(args.saved_mean, args.saved_variance, args.shrunk_mean,
                                           args.shrunk_variance, call.statistics));
    JSNORM_TRY(arguments.running_update(args, call.running));
    JSNORM_TRY(arguments.mask(args.mask, true));
    call.mask = args.mask;
    JSNORM_TRY(finish(operation, arguments));
    return start(operation, call);
}

jsnormStatus_t forward_inference(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                 const jsnormForwardInferenceArgs_t *given, Text *description) {
    Operation<jsnormForwardInferenceArgs_t> operation;
    JSNORM_TRY(begin(handle, norm, given, JSNORM_FORWARD_INFERENCE, description, operation));
    const auto &args = operation.args;
    Arguments arguments(handle, operation.problem, operation.x);
    ForwardInferenceCall call;
    JSNORM_TRY(check_tensors(args, arguments, call));
    JSNORM_TRY(arguments.mask(args.mask, true));
    call.mask = args.mask;
    if (is_batch_kind(operation.problem.norm.kind)) {
        JSNORM_TRY(arguments.running_statistics(args.running_desc, args.running_mean,
                                                args.running_variance, args.running_element_count,
                                                call.running));
        JSNORM_TRY(finish(operation, arguments));
        return start(operation, call);
    }
    JSNORM_REQUIRE(args.running_mean == nullptr && args.running_variance == nullptr,
                   JSNORM_STATUS_BAD_PARAM,
                   "args.running_mean and args.running_variance are for batch norms only");
    JSNORM_TRY(finish(operation, arguments));
    // The statistics come from the sample, as in training.
    ForwardTrainingCall training;
    training.x = call.x;
    training.z = call.z;
    training.y = call.y;
    training.parameters = call.parameters;
    training.mask = call.mask;
    return start(operation, training);
}

jsnormStatus_t forward_apply(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                             const jsnormForwardApplyArgs_t *given, Text *description) {
    Operation<jsnormForwardApplyArgs_t> operation;
    JSNORM_TRY(begin(handle, norm, given, JSNORM_FORWARD_APPLY, description, operation));
    JSNORM_TRY(require_batch_kind(operation.problem, "use jsnormForwardTraining"));
    const auto &args = operation.args;
    Arguments arguments(handle, operation.problem, operation.x);
    ForwardApplyCall call;
    JSNORM_TRY(check_tensors(args, arguments, call));
    JSNORM_TRY(
        arguments.forward_coefficients("args.coefficients", args.coefficients, Need::kRequired));
    JSNORM_TRY(arguments.mask(args.mask, true));
    call.coefficients = args.coefficients;
    call.mask = args.mask;
    JSNORM_TRY(finish(operation, arguments));
    return start(operation, call);
}

}  // namespace jsnorm

jsnormStatus_t jsnormForwardTraining(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                     const jsnormForwardTrainingArgs_t *args) {
    return jsnorm::operation_entry("jsnormForwardTraining", [&] {
        return jsnorm::forward_training(handle, norm, args, nullptr);
    });
}

jsnormStatus_t jsnormForwardInference(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                      const jsnormForwardInferenceArgs_t *args) {
    return jsnorm::operation_entry("jsnormForwardInference", [&] {
        return jsnorm::forward_inference(handle, norm, args, nullptr);
    });
}

jsnormStatus_t jsnormForwardApply(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                  const jsnormForwardApplyArgs_t *args) {
    return jsnorm::operation_entry(
        "jsnormForwardApply", [&] { return jsnorm::forward_apply(handle, norm, args, nullptr); });
}
