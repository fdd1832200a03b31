// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/traffic.hpp"

#include "src/core/record.hpp"
#include "src/cuda/scheme.hpp"

namespace jsnorm::cuda {

namespace {

// Passes over tensors the size of x, and over the mask.
struct Passes {
    uint64_t tensors;
    uint64_t masks;
};

struct Counts {
    Passes least;
    Passes planned;
};

bool uses_sample(const Problem &problem, jsnormOperation_t operation) {
    return operation == JSNORM_FORWARD_TRAINING ||
           (operation == JSNORM_FORWARD_INFERENCE && !is_batch_kind(problem.norm.kind));
}

// clears: a mask whose words are shared is cleared before bits are or-ed in.
Counts counts_of(const Problem &problem, jsnormOperation_t operation, uint64_t residual, bool fused,
                 bool clears) {
    const uint64_t again = fused ? 0 : 1;
    const uint64_t written = clears ? 3 : 1;
    if (uses_sample(problem, operation)) {
        return {{2 + residual, 1}, {2 + residual + again, written}};
    }
    switch (operation) {
        case JSNORM_BACKWARD:
            return {{3 + residual, 1}, {3 + residual + 2 * again, 1 + again}};
        case JSNORM_BACKWARD_FIXED_STATISTICS:
            return {{3 + residual, 1}, {5 + residual, 2}};
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
            return {{2 + residual, 1}, {2 + residual, written}};
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

// Partial results, each written once and read once, or twice where means are merged (once for the
// mean, once for the deviations from it).
uint64_t partial_bytes(const Problem &problem, const Tree &forward, const Tree &backward,
                       jsnormOperation_t operation, bool fused) {
    const bool differentiates = operation == JSNORM_BACKWARD ||
                                operation == JSNORM_BACKWARD_FIXED_STATISTICS ||
                                operation == JSNORM_BACKWARD_REDUCE;
    const bool samples =
        uses_sample(problem, operation) || operation == JSNORM_FORWARD_STATISTICS;
    constexpr uint64_t kPair = 2 * sizeof(double);
    uint64_t bytes = 0;
    if (samples && !fused) {
        bytes += 3 * kPair * static_cast<uint64_t>(forward.partials(problem));
    }
    if (differentiates && !fused) {
        bytes += 2 * kPair * static_cast<uint64_t>(backward.partials(problem));
    }
    if (differentiates && problem.parameter_per_element) {
        const int64_t rows = part_rows(problem, backward.lanes);
        const auto parts = static_cast<uint64_t>((problem.cells + rows - 1) / rows);
        bytes += 2 * parts * 2 * static_cast<uint64_t>(problem.shape.parameters) *
                 compute_bytes(problem.type);
    }
    return bytes;
}

}  // namespace

jsnormMemoryTraffic_t memory_traffic(const Problem &problem, const Layout &x,
                                     jsnormOperation_t operation, uint32_t tensors,
                                     const DeviceSpec &device) {
    if (problem.empty()) return {};
    const auto elements = static_cast<uint64_t>(x.elements());
    const uint64_t tensor = elements * bytes_of(x.type);
    const uint64_t mask = (tensors & JSNORM_TRAFFIC_MASK) != 0 ? (elements + 31) / 32 * 4 : 0;
    const uint64_t residual = (tensors & JSNORM_TRAFFIC_RESIDUAL) != 0 ? 1 : 0;
    const View view = make_view(problem, {&x});
    const Tree forward = make_tree(problem, view);
    const Tree backward = make_tree(problem, view, problem.parameter_per_element);
    const bool differentiates = operation == JSNORM_BACKWARD;
    const bool fused =
        (uses_sample(problem, operation) || differentiates) &&
        (differentiates ? backward_fuses(problem, forward, device.shared_bytes_per_block)
                        : forward_scheme(problem, forward) == Scheme::kFused);
    const bool clears =
        !owns_mask_words(problem, view, forward, allows_vectors(problem, view, forward, true));
    const Counts counts = counts_of(problem, operation, residual, fused, clears);
    return {counts.least.tensors * tensor + counts.least.masks * mask,
            counts.planned.tensors * tensor + counts.planned.masks * mask,
            parameter_bytes(problem, operation),
            partial_bytes(problem, forward, backward, operation, fused)};
}

}  // namespace jsnorm::cuda
