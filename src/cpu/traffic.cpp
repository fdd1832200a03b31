// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/traffic.hpp"

#include "src/core/record.hpp"
#include "src/core/view.hpp"
#include "src/cpu/schedule.hpp"

namespace jsnorm::cpu {

namespace {

// Passes over tensors the size of x, and over the mask.
struct Passes {
    uint64_t tensors;
    uint64_t masks;
};

// What a thread goes over at a time is still in cache when it is read again.
bool is_cached(const Problem &given, const Layout &x, jsnormOperation_t operation, int threads) {
    const bool fixed = operation == JSNORM_BACKWARD_FIXED_STATISTICS;
    const bool backward = fixed || operation == JSNORM_BACKWARD;
    const Traversal inputs(given, backward ? make_view(given, {&x, &x}) : make_view(given, {&x}));
    const Problem problem = as_scheduled(given, inputs, threads, fixed);
    const Schedule schedule(problem, inputs, threads_for(problem, threads));
    const int64_t at_once = schedule.elements_at_once();
    return schedule.group_by_group() && at_once < x.elements() &&
           stay_in_cache(problem, inputs, threads, at_once);
}

struct Counts {
    Passes least;
    Passes planned;
};

Counts counts_of(const Problem &problem, jsnormOperation_t operation, uint64_t residual,
                 bool cached) {
    const bool uses_sample =
        operation == JSNORM_FORWARD_TRAINING ||
        (operation == JSNORM_FORWARD_INFERENCE && !is_batch_kind(problem.norm.kind));
    const uint64_t again = cached ? 0 : 1;
    if (uses_sample) return {{2 + residual, 1}, {2 + residual + again, 1}};
    switch (operation) {
        case JSNORM_BACKWARD:
            return {{3 + residual, 1}, {3 + residual + 2 * again, 1 + again}};
        case JSNORM_BACKWARD_FIXED_STATISTICS:
            return {{3 + residual, 1}, {3 + residual + 2 * again, 1 + again}};
        case JSNORM_FORWARD_STATISTICS:
            return {{1, 0}, {1, 0}};
        case JSNORM_FORWARD_FINALIZE:
        case JSNORM_BACKWARD_FINALIZE:
            return {{0, 0}, {0, 0}};
        case JSNORM_BACKWARD_REDUCE:
            return {{2, 1}, {2, 1}};
        case JSNORM_BACKWARD_APPLY:
            return {{3 + residual, 1}, {3 + residual, 1}};
        default:  // inference with given statistics, JSNORM_FORWARD_APPLY
            return {{2 + residual, 1}, {2 + residual, 1}};
    }
}

// gamma and beta, or dgamma and dbeta; two vectors of statistics; coefficients.
uint64_t parameter_bytes(const Problem &problem, jsnormOperation_t operation) {
    const uint64_t value = compute_bytes(problem.type);
    const uint64_t parameters = 2 * static_cast<uint64_t>(problem.shape.parameters) * value;
    const auto statistics = static_cast<uint64_t>(problem.statistics_total());
    const uint64_t saved = 2 * statistics * sizeof(double);
    const uint64_t forward = 3 * statistics * value;
    const uint64_t backward = 5 * statistics * value;
    const uint64_t record = record_bytes(JSNORM_RECORD_MOMENTS, problem.statistics);
    switch (operation) {
        case JSNORM_FORWARD_TRAINING:
            return parameters + saved;
        case JSNORM_FORWARD_INFERENCE:
            return parameters + (is_batch_kind(problem.norm.kind) ? 2 * statistics * value : 0);
        case JSNORM_BACKWARD:
            return 2 * parameters + saved;
        case JSNORM_BACKWARD_FIXED_STATISTICS:
            return 2 * parameters + 2 * statistics * value;
        case JSNORM_FORWARD_STATISTICS:
            return record;
        case JSNORM_FORWARD_FINALIZE:
            return record + saved + forward;
        case JSNORM_FORWARD_APPLY:
            return parameters + forward;
        case JSNORM_BACKWARD_REDUCE:
            return saved / 2 + 2 * statistics * sizeof(double);
        case JSNORM_BACKWARD_FINALIZE:
            return saved + 2 * statistics * sizeof(double) + parameters / 2 + parameters + backward;
        default:  // JSNORM_BACKWARD_APPLY
            return parameters / 2 + backward;
    }
}

// Written once, read once.
uint64_t partial_sum_bytes(const Problem &problem, const Layout &x, jsnormOperation_t operation) {
    const bool reduces_backward = operation == JSNORM_BACKWARD ||
                                  operation == JSNORM_BACKWARD_FIXED_STATISTICS ||
                                  operation == JSNORM_BACKWARD_REDUCE;
    const bool reduces_forward =
        operation == JSNORM_FORWARD_TRAINING || operation == JSNORM_FORWARD_STATISTICS ||
        (operation == JSNORM_FORWARD_INFERENCE && !is_batch_kind(problem.norm.kind));
    if (!reduces_forward && !reduces_backward) return 0;
    const Cut cut(problem, make_view(problem, {&x}).columns);
    uint64_t bytes = static_cast<uint64_t>(cut.chunks) * static_cast<uint64_t>(problem.cells) * 16;
    if (reduces_backward && problem.parameter_per_element) {
        bytes += static_cast<uint64_t>(divide_up(problem.cells, kRowBlock)) * 2 *
                 static_cast<uint64_t>(problem.shape.parameters) * compute_bytes(problem.type);
    }
    return 2 * bytes;
}

}  // namespace

jsnormMemoryTraffic_t memory_traffic(const Problem &problem, const Layout &x,
                                     jsnormOperation_t operation, uint32_t tensors, int threads) {
    if (problem.empty()) return {};
    const auto elements = static_cast<uint64_t>(x.elements());
    const uint64_t tensor = elements * bytes_of(x.type);
    const uint64_t mask = (tensors & JSNORM_TRAFFIC_MASK) != 0 ? (elements + 31) / 32 * 4 : 0;
    const uint64_t residual = (tensors & JSNORM_TRAFFIC_RESIDUAL) != 0 ? 1 : 0;
    const bool cached = is_cached(problem, x, operation, threads);
    const Counts counts = counts_of(problem, operation, residual, cached);
    return {counts.least.tensors * tensor + counts.least.masks * mask,
            counts.planned.tensors * tensor + counts.planned.masks * mask,
            parameter_bytes(problem, operation), partial_sum_bytes(problem, x, operation)};
}

}  // namespace jsnorm::cpu
