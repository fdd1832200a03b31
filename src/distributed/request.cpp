// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/request.hpp"

#include <bit>

#include "src/distributed/error.hpp"

namespace jsnorm::distributed {

jsnormStatus_t check_call(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                          jsnormOperation_t operation, const void *args) {
    size_t length = 0;
    return of_core(jsnormGetPlanDescription(handle, norm, operation, args, nullptr, 0, &length));
}

jsnormStatus_t read_fields(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                           jsnormOperation_t operation, const LocalProblem &problem,
                           Request &request) {
    jsnormNormKind_t kind;
    jsnormDataType_t type;
    jsnormEstimator_t mean, variance;
    jsnormParameterGradientScope_t scope;
    double lambda = 0, epsilon = 0, fraction = 0;
    JSNORM_DISTRIBUTED_CORE(jsnormGetNormKind(norm, &kind));
    JSNORM_DISTRIBUTED_CORE(jsnormGetTensorDescriptor(x_desc, &type, nullptr, nullptr, nullptr));
    JSNORM_DISTRIBUTED_CORE(jsnormGetNormEstimators(norm, &mean, &variance));
    JSNORM_DISTRIBUTED_CORE(jsnormGetNormLambda(norm, &lambda));
    JSNORM_DISTRIBUTED_CORE(jsnormGetNormEpsilon(norm, &epsilon));
    JSNORM_DISTRIBUTED_CORE(jsnormGetNormEffectiveFraction(norm, &fraction));
    JSNORM_DISTRIBUTED_CORE(jsnormGetNormParameterGradientScope(norm, &scope));
    request.fields[kOperation] = operation;
    request.fields[kKind] = kind;
    request.fields[kChannels] = problem.channels;
    request.fields[kDataType] = type;
    request.fields[kMeanEstimator] = mean;
    request.fields[kVarianceEstimator] = variance;
    request.fields[kLambda] = std::bit_cast<int64_t>(lambda);
    request.fields[kEpsilon] = std::bit_cast<int64_t>(epsilon);
    request.fields[kEffectiveFraction] = std::bit_cast<int64_t>(fraction);
    request.fields[kActivation] = problem.activation;
    request.fields[kGradientScope] = scope;
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t read_problem(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                            jsnormTensorDescriptor_t x_desc, jsnormBackend_t backend,
                            LocalProblem &problem) {
    jsnormBackend_t given;
    JSNORM_DISTRIBUTED_CORE(jsnormGetBackend(handle, &given));
    const bool host = backend == JSNORM_BACKEND_CPU;
    JSNORM_DISTRIBUTED_REQUIRE(given == backend, JSNORM_STATUS_NOT_SUPPORTED_BACKEND,
                               "handle is of the %s backend, but this library exchanges %s "
                               "memory: create it with %s",
                               host ? "CUDA" : "CPU", host ? "host" : "device",
                               host ? "JSNORM_BACKEND_CPU" : "JSNORM_BACKEND_CUDA");
    size_t record = 0;  // refuses kinds without phases, and K that no record holds
    JSNORM_DISTRIBUTED_CORE(jsnormGetRecordSize(norm, x_desc, JSNORM_RECORD_MOMENTS, &record));
    JSNORM_DISTRIBUTED_CORE(jsnormGetStatisticsShape(norm, x_desc, nullptr, &problem.channels,
                                                     &problem.elements, nullptr));
    return of_core(jsnormGetNormActivation(norm, &problem.activation));
}

Request make_request(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                     jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation, const void *args,
                     jsnormBackend_t backend, LocalProblem &problem) {
    Request request;
    request.status = [&]() -> jsnormStatus_t {
        JSNORM_DISTRIBUTED_TRY(check_call(handle, norm, operation, args));
        JSNORM_DISTRIBUTED_TRY(read_problem(handle, norm, x_desc, backend, problem));
        return read_fields(norm, x_desc, operation, problem, request);
    }();
    return request;
}

}  // namespace jsnorm::distributed
