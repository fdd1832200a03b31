// SPDX-License-Identifier: Apache-2.0
#include "src/core/traffic.hpp"

#include "src/core/record.hpp"

namespace jsnorm {

namespace {

// The caller's arrays of P and K entries, each once: gamma and beta, or dgamma and dbeta;
// statistics, records and coefficients. Parameters and running statistics count in the type of
// arithmetic.
uint64_t parameter_bytes(const Problem &problem, jsnormOperation_t operation) {
    const uint64_t value = compute_bytes(problem.type);
    const uint64_t parameters = 2 * static_cast<uint64_t>(problem.shape.parameters) * value;
    const auto statistics = static_cast<uint64_t>(problem.statistics_total());
    const uint64_t saved = 2 * statistics * sizeof(double);
    const uint64_t running = 2 * statistics * value;
    const uint64_t sums = 2 * statistics * sizeof(double);
    const uint64_t forward = 3 * statistics * value;
    const uint64_t backward = 5 * statistics * value;
    const uint64_t record = record_bytes(JSNORM_RECORD_MOMENTS, problem.statistics);
    switch (operation) {
        case JSNORM_FORWARD_TRAINING:
            return parameters + saved;
        case JSNORM_FORWARD_INFERENCE:
            return parameters + (is_batch_kind(problem.norm.kind) ? running : 0);
        case JSNORM_BACKWARD:
            return 2 * parameters + saved;
        case JSNORM_BACKWARD_FIXED_STATISTICS:
            return 2 * parameters + running;
        case JSNORM_FORWARD_STATISTICS:
            return record;
        case JSNORM_FORWARD_FINALIZE:
            return record + saved + forward;
        case JSNORM_FORWARD_APPLY:
            return parameters + forward;
        case JSNORM_BACKWARD_REDUCE:
            return saved / 2 + sums;
        case JSNORM_BACKWARD_FINALIZE:
            return saved + sums + parameters / 2 + parameters + backward;
        default:  // JSNORM_BACKWARD_APPLY
            return parameters / 2 + backward;
    }
}

}  // namespace

bool uses_sample(const Problem &problem, jsnormOperation_t operation) {
    return operation == JSNORM_FORWARD_TRAINING ||
           (operation == JSNORM_FORWARD_INFERENCE && !is_batch_kind(problem.norm.kind));
}

bool reduces_x(const Problem &problem, jsnormOperation_t operation) {
    return uses_sample(problem, operation) || operation == JSNORM_FORWARD_STATISTICS;
}

bool reduces_gradient(jsnormOperation_t operation) {
    return operation == JSNORM_BACKWARD || operation == JSNORM_BACKWARD_FIXED_STATISTICS ||
           operation == JSNORM_BACKWARD_REDUCE;
}

Passes least_passes(const Problem &problem, jsnormOperation_t operation, uint64_t residual) {
    if (uses_sample(problem, operation)) return {2 + residual, 1};
    switch (operation) {
        case JSNORM_BACKWARD:
        case JSNORM_BACKWARD_FIXED_STATISTICS:
        case JSNORM_BACKWARD_APPLY:
            return {3 + residual, 1};
        case JSNORM_FORWARD_STATISTICS:
            return {1, 0};
        case JSNORM_FORWARD_FINALIZE:
        case JSNORM_BACKWARD_FINALIZE:
            return {0, 0};
        case JSNORM_BACKWARD_REDUCE:
            return {2, 1};
        default:  // inference with given statistics, JSNORM_FORWARD_APPLY
            return {2 + residual, 1};
    }
}

jsnormMemoryTraffic_t memory_traffic(const TrafficQuery &query, const Passes &planned,
                                     uint64_t partial_sum_bytes) {
    const auto elements = static_cast<uint64_t>(query.x.elements());
    const uint64_t tensor = elements * bytes_of(query.x.type);
    const uint64_t mask = query.mask() ? (elements + 31) / 32 * 4 : 0;
    const Passes least = least_passes(query.problem, query.operation, query.residual());
    return {sizeof(jsnormMemoryTraffic_t), least.tensors * tensor + least.masks * mask,
            planned.tensors * tensor + planned.masks * mask,
            parameter_bytes(query.problem, query.operation), partial_sum_bytes};
}

}  // namespace jsnorm
