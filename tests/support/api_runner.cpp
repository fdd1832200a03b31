// SPDX-License-Identifier: Apache-2.0

#include "tests/support/api_runner.hpp"

#include <cstring>
#include <stdexcept>

#include "tests/support/api_arguments.hpp"

namespace jsnorm::test {
namespace {

void forward_training(const Session &session, RunResult &result) {
    Call call(session);
    jsnormForwardTrainingArgs_t args;
    require(jsnormForwardTrainingArgsInit(&args, sizeof args), "jsnormForwardTrainingArgsInit");
    fill_forward(session, call, "y", &Result::y, args);
    fill_statistics(session, call, args);
    fill_running(session, call, args);
    fill_new_mask(session, call, "mask", args);
    call.workspace(JSNORM_FORWARD_TRAINING, args.workspace, args.workspace_bytes);
    require(jsnormForwardTraining(session.handle, session.norm.get(), &args),
            "jsnormForwardTraining");
    call.finish(result);
}

// The running statistics that inference and its gradient read.
template <typename Args>
void fill_fixed(const Session &session, Call &call, Args &args) {
    const Case &problem = session.problem;
    if (!is_batch_kind(problem.kind)) return;
    args.running_desc = session.running_desc();
    args.running_mean = call.vector("running_mean", problem.running_mean, session.running_type);
    args.running_variance =
        call.vector("running_variance", problem.running_variance, session.running_type);
    args.running_element_count = problem.running_element_count;
}

void forward_inference(const Session &session, RunResult &result) {
    Call call(session);
    jsnormForwardInferenceArgs_t args;
    require(jsnormForwardInferenceArgsInit(&args, sizeof args), "jsnormForwardInferenceArgsInit");
    fill_forward(session, call, "y_inference", &Result::y_inference, args);
    fill_fixed(session, call, args);
    fill_new_mask(session, call, "mask_inference", args);
    call.workspace(JSNORM_FORWARD_INFERENCE, args.workspace, args.workspace_bytes);
    require(jsnormForwardInference(session.handle, session.norm.get(), &args),
            "jsnormForwardInference");
    call.finish(result);
}

void backward(const Session &session, RunResult &result) {
    Call call(session);
    jsnormBackwardArgs_t args;
    require(jsnormBackwardArgsInit(&args, sizeof args), "jsnormBackwardArgsInit");
    const Bytes *mask = session.wants_mask() ? &result.raw.at("mask") : nullptr;
    fill_backward(session, call, kTrained, mask, args);
    fill_parameter_gradients(session, call, kTrained, args);
    args.saved_mean = call.doubles("saved_mean", result.saved_mean);
    args.saved_variance = call.doubles("saved_variance", result.saved_variance);
    call.workspace(JSNORM_BACKWARD, args.workspace, args.workspace_bytes);
    require(jsnormBackward(session.handle, session.norm.get(), &args), "jsnormBackward");
    call.finish(result);
}

void backward_fixed(const Session &session, RunResult &result) {
    Call call(session);
    jsnormBackwardFixedStatisticsArgs_t args;
    require(jsnormBackwardFixedStatisticsArgsInit(&args, sizeof args),
            "jsnormBackwardFixedStatisticsArgsInit");
    const Bytes *mask = session.wants_mask() ? &result.raw.at("mask_inference") : nullptr;
    fill_backward(session, call, kFixed, mask, args);
    fill_parameter_gradients(session, call, kFixed, args);
    fill_fixed(session, call, args);
    call.workspace(JSNORM_BACKWARD_FIXED_STATISTICS, args.workspace, args.workspace_bytes);
    require(jsnormBackwardFixedStatistics(session.handle, session.norm.get(), &args),
            "jsnormBackwardFixedStatistics");
    call.finish(result);
}

}  // namespace

RunResult run(const Case &problem, const RunOptions &options) {
    if (options.in_place != InPlace::No && options.second_layout)
        throw std::invalid_argument("in place needs equal layouts");
    const bool batch = is_batch_kind(problem.kind);
    const bool infers = !batch || !problem.running_mean.empty();
    const bool differentiable = problem.dy.size() == problem.x.size();
    const bool trains_back = options.backward && differentiable;
    const bool fixes_back = options.backward_fixed && differentiable && batch && infers;
    if (trains_back && !(options.training && options.saved))
        throw std::invalid_argument("backward needs training and its saved statistics");
    if (fixes_back && !options.inference)
        throw std::invalid_argument("backward_fixed needs inference");

    const Session session(problem, options);
    // Documented: no mask of a tensor that is not dense, and no gradient of ReLU with z without.
    const bool gradients = !session.wants_mask() || is_dense(options.layout);
    RunResult result;
    if (options.training) forward_training(session, result);
    if (options.inference && infers) forward_inference(session, result);
    if (trains_back && gradients) backward(session, result);
    if (fixes_back && gradients) backward_fixed(session, result);
    return result;
}

}  // namespace jsnorm::test
