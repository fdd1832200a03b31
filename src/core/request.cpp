// SPDX-License-Identifier: Apache-2.0
#include "src/core/request.hpp"

namespace jsnorm {

namespace {

template <class AnyTensor>
TensorPlace place_of(const AnyTensor &tensor) {
    return {tensor.layout, tensor.data != nullptr, is_aligned(tensor.data)};
}

Request request_of(const Problem &problem, jsnormOperation_t operation) {
    Request request;
    request.problem = &problem;
    request.operation = operation;
    return request;
}

template <class Call>
Request forward_request(const Problem &problem, jsnormOperation_t operation, const Call &call) {
    Request request = request_of(problem, operation);
    request.x = place_of(call.x);
    request.z = place_of(call.z);
    request.y = place_of(call.y);
    request.mask = call.mask != nullptr;
    return request;
}

template <class Call>
Request backward_request(const Problem &problem, jsnormOperation_t operation, const Call &call) {
    Request request = request_of(problem, operation);
    request.x = place_of(call.x);
    request.dy = place_of(call.dy);
    request.dx = place_of(call.dx);
    request.dz = place_of(call.dz);
    request.mask = call.mask != nullptr;
    return request;
}

}  // namespace

bool is_aligned(const void *pointer) {
    return reinterpret_cast<uintptr_t>(pointer) % 16 == 0;
}

Request request_of(const Problem &problem, const ForwardTrainingCall &call) {
    return forward_request(problem, JSNORM_FORWARD_TRAINING, call);
}

Request request_of(const Problem &problem, const ForwardInferenceCall &call) {
    return forward_request(problem, JSNORM_FORWARD_INFERENCE, call);
}

Request request_of(const Problem &problem, const BackwardCall &call) {
    const auto operation = call.fixed ? JSNORM_BACKWARD_FIXED_STATISTICS : JSNORM_BACKWARD;
    Request request = backward_request(problem, operation, call);
    request.parameter_gradients =
        call.gradients.dgamma != nullptr || call.gradients.dbeta != nullptr;
    return request;
}

Request request_of(const Problem &problem, const ForwardStatisticsCall &call) {
    Request request = request_of(problem, JSNORM_FORWARD_STATISTICS);
    request.x = place_of(call.x);
    return request;
}

Request request_of(const Problem &problem, const ForwardFinalizeCall &call) {
    Request request = request_of(problem, JSNORM_FORWARD_FINALIZE);
    request.records = call.record_count;
    return request;
}

Request request_of(const Problem &problem, const ForwardApplyCall &call) {
    return forward_request(problem, JSNORM_FORWARD_APPLY, call);
}

Request request_of(const Problem &problem, const BackwardReduceCall &call) {
    Request request = request_of(problem, JSNORM_BACKWARD_REDUCE);
    request.x = place_of(call.x);
    request.dy = place_of(call.dy);
    request.dx.layout = request.dz.layout = call.x.layout;
    request.mask = call.mask != nullptr;
    return request;
}

Request request_of(const Problem &problem, const BackwardFinalizeCall &call) {
    Request request = request_of(problem, JSNORM_BACKWARD_FINALIZE);
    request.records = call.record_count;
    return request;
}

Request request_of(const Problem &problem, const BackwardApplyCall &call) {
    return backward_request(problem, JSNORM_BACKWARD_APPLY, call);
}

Request request_of(const TrafficQuery &query) {
    const bool residual = query.residual() != 0;
    Request request = request_of(query.problem, query.operation);
    request.x = request.y = request.dy = request.dx = {query.x, true, true};
    request.z = request.dz = {query.x, residual, true};
    request.mask = query.mask();
    request.parameter_gradients = true;
    return request;
}

}  // namespace jsnorm
