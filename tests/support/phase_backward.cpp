// SPDX-License-Identifier: Apache-2.0

#include "tests/support/phase_part.hpp"

namespace jsnorm::test {
namespace {

const Bytes *mask_of(const Part &part) {
    return part.session.wants_mask() ? &part.result.raw.at("mask") : nullptr;
}

// Without a mask ReLU's gate is recomputed, from the coefficients of the forward pass.
const void *gate_coefficients(const Part &part, Call &call) {
    if (!part.session.relu() || part.session.wants_mask()) return nullptr;
    return call.bytes("forward_coefficients", part.result.raw.at("forward_coefficients"));
}

}  // namespace

void backward_reduce(Part &part) {
    const Session &session = part.session;
    Call call(session);
    jsnormBackwardReduceArgs_t args;
    require(jsnormBackwardReduceArgsInit(&args, sizeof args), "jsnormBackwardReduceArgsInit");
    fill_parameters(session, call, args);
    args.x_desc = args.dy_desc = session.x_desc.get();
    args.x = call.tensor("x", part.problem.x, session.options.layout);
    args.dy = call.tensor("dy", part.problem.dy, session.options.layout);
    args.saved_mean = call.doubles("saved_mean", part.result.saved_mean);
    args.mask = mask_argument(call, mask_of(part));
    args.coefficients = gate_coefficients(part, call);
    const auto sums = 2 * static_cast<size_t>(session.view.statistics_per_group);
    args.sums = static_cast<double *>(call.new_bytes("sums", sums * 8, sizeof(double)));
    call.workspace(JSNORM_BACKWARD_REDUCE, args.workspace, args.workspace_bytes);
    require(jsnormBackwardReduce(session.handle, session.norm.get(), &args),
            "jsnormBackwardReduce");
    call.finish(part.result);
}

void backward_finalize(Part &part, const Values &global_sums, int64_t record_count) {
    const Session &session = part.session;
    Call call(session);
    jsnormBackwardFinalizeArgs_t args;
    require(jsnormBackwardFinalizeArgsInit(&args, sizeof args), "jsnormBackwardFinalizeArgsInit");
    args.x_desc = session.x_desc.get();
    args.local_sums = call.doubles("local_sums", values_of<double>(part.result.raw.at("sums")));
    args.global_sums = call.doubles("global_sums", global_sums);
    args.record_count = record_count;
    args.total_count = static_cast<const int64_t *>(
        call.bytes("total_count", part.result.raw.at("total_count"), sizeof(int64_t)));
    args.parameter_desc = session.parameter_desc();
    args.gamma = call.vector("gamma", part.problem.gamma, session.parameter_type);
    args.saved_mean = call.doubles("saved_mean", part.result.saved_mean);
    args.saved_variance = call.doubles("saved_variance", part.result.saved_variance);
    fill_parameter_gradients(session, call, kTrained, args);
    size_t bytes = 0;
    require(jsnormGetBackwardCoefficientSize(session.norm.get(), session.x_desc.get(), &bytes),
            "jsnormGetBackwardCoefficientSize");
    args.coefficients = call.new_bytes("backward_coefficients", bytes);
    call.workspace(JSNORM_BACKWARD_FINALIZE, args.workspace, args.workspace_bytes);
    require(jsnormBackwardFinalize(session.handle, session.norm.get(), &args),
            "jsnormBackwardFinalize");
    call.finish(part.result);
}

void backward_apply(Part &part) {
    const Session &session = part.session;
    Call call(session);
    jsnormBackwardApplyArgs_t args;
    require(jsnormBackwardApplyArgsInit(&args, sizeof args), "jsnormBackwardApplyArgsInit");
    fill_backward(session, call, kTrained, mask_of(part), args);
    args.forward_coefficients = gate_coefficients(part, call);
    args.backward_coefficients =
        call.bytes("backward_coefficients", part.result.raw.at("backward_coefficients"));
    call.workspace(JSNORM_BACKWARD_APPLY, args.workspace, args.workspace_bytes);
    require(jsnormBackwardApply(session.handle, session.norm.get(), &args), "jsnormBackwardApply");
    call.finish(part.result);
}

}  // namespace jsnorm::test
