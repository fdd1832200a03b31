// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/plan/traffic.hpp"

#include <algorithm>

#include "src/core/record.hpp"
#include "src/cuda/plan/access.hpp"
#include "src/cuda/plan/scheme.hpp"

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
    const uint64_t masks_read = fused || residual != 0 ? 1 : 2;  // dz is read instead
    if (uses_sample(problem, operation)) {
        return {{2 + residual, 1}, {2 + residual + again, written}};
    }
    switch (operation) {
        case JSNORM_BACKWARD:
            return {{3 + residual, 1}, {3 + residual + 2 * again, masks_read}};
        case JSNORM_BACKWARD_FIXED_STATISTICS:
            return {{3 + residual, 1}, {5 + residual, masks_read}};
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

// What kernels ask for beside tensors and partial results: parameters, statistics and coefficients,
// as often as they are loaded. A strip of columns loads those of its columns once for each chunk; a
// row's lanes load theirs for each tile, and gamma and beta of elements once for each block, or
// with each row where a block cannot hold them.
class Parameters {
  public:
    Parameters(const Problem &problem, const Tree &forward, const Tree &backward,
               gpu::RowAccess access, const DeviceSpec &device)
        : problem_(problem),
          device_(device),
          access_(access),
          forward_tree_(forward),
          backward_tree_(backward),
          value_(compute_bytes(problem.type)),
          statistics_(static_cast<uint64_t>(problem.statistics_total())),
          cells_(static_cast<uint64_t>(problem.cells)),
          forward_(units(forward)),
          applied_(forward.columns ? applied_units(forward) : forward_),
          backward_(units(backward)) {}

    uint64_t of(jsnormOperation_t operation, bool fused) const {
        if (fused) return operation == JSNORM_BACKWARD ? of_fused_backward() : of_fused_forward();
        // Merged statistics are written; every block of a finalize step reads all of its group's
        // for the sums over k, and its own again.
        const uint64_t parameters = gradients();
        const uint64_t vectors = statistic_vectors();
        const auto blocks = static_cast<uint64_t>((problem_.statistics + 255) / 256);
        const uint64_t forward_finalize = (2 + blocks) * vectors + 3 * cells_ * value_;
        const uint64_t forward_apply =
            5 * applied_ * value_ + of_elements(RowsKernel::kApplyForward, 2);
        const uint64_t reduce = 3 * backward_ * value_ + of_elements(RowsKernel::kGradientSums, 1);
        const uint64_t backward_finalize =
            (1 + 2 * blocks) * vectors + (1 + blocks) * cells_ * (2 * sizeof(double) + value_) +
            5 * cells_ * value_ + vectors + 7 * cells_ * sizeof(double) + parameters;
        const uint64_t backward_apply =
            6 * applied_ * value_ + of_elements(RowsKernel::kApplyBackward, 1);
        switch (operation) {
            case JSNORM_FORWARD_TRAINING:
                return forward_finalize + vectors + forward_apply;
            case JSNORM_FORWARD_INFERENCE:
                return forward_finalize + forward_apply;
            case JSNORM_BACKWARD:
            case JSNORM_BACKWARD_FIXED_STATISTICS:
                return forward_finalize + reduce + backward_finalize + backward_apply;
            case JSNORM_FORWARD_STATISTICS:
                return vectors + record_bytes(JSNORM_RECORD_MOMENTS, problem_.statistics);
            case JSNORM_FORWARD_FINALIZE:
                return forward_finalize + vectors +
                       record_bytes(JSNORM_RECORD_MOMENTS, problem_.statistics);
            case JSNORM_FORWARD_APPLY:
                return forward_apply;
            case JSNORM_BACKWARD_REDUCE:
                return reduce + vectors / 2;
            case JSNORM_BACKWARD_FINALIZE:
                return backward_finalize;
            default:  // JSNORM_BACKWARD_APPLY
                return backward_apply;
        }
    }

  private:
    uint64_t of_fused_forward() const {
        const uint64_t running = is_batch_kind(problem_.norm.kind) ? 2 * statistic_vectors() : 0;
        return statistic_vectors() + running + of_cells(2) + of_elements(RowsKernel::kForward, 2);
    }
    // Saved statistics are read before the tensors and after them, and again for every sum over k
    // (twice for a scaled one).
    uint64_t of_fused_backward() const {
        const bool coupled = problem_.statistics > 1;
        const uint64_t sums = problem_.parameter_per_element
                                  ? 0
                                  : statistic_vectors() + 7 * cells_ * sizeof(double) +
                                        (coupled ? 2 : 1) * cells_ * value_;
        return (coupled ? 7 : 2) * statistic_vectors() + of_cells(1) + sums +
               of_elements(RowsKernel::kBackward, 1) + gradients();
    }

    uint64_t gradients() const {
        return 2 * static_cast<uint64_t>(problem_.shape.parameters) * value_;
    }
    uint64_t statistic_vectors() const { return 2 * statistics_ * sizeof(double); }

    // Sets of coefficients that are loaded in a pass over the tensor.
    uint64_t units(const Tree &tree) const {
        if (tree.columns) return static_cast<uint64_t>(tree.partials(problem_));
        const int64_t tiles = (problem_.cell_elements + tree.tile - 1) / tree.tile;
        const int64_t warps = tree.lanes > 32 ? tree.lanes / 32 : 1;
        return static_cast<uint64_t>(problem_.cells * tiles * warps);
    }
    uint64_t applied_units(const Tree &tree) const {
        const int64_t lines = (problem_.cell_elements + tree.fold - 1) / tree.fold;
        const int64_t step = tree.tile * apply_tiles(problem_, tree);
        return static_cast<uint64_t>(problem_.cells * tree.fold * ((lines + step - 1) / step));
    }
    // Parameters of the cells of rows.
    uint64_t of_cells(uint64_t arrays) const {
        return problem_.parameter_per_element ? 0 : arrays * forward_ * value_;
    }
    // Arrays of P values: with every block, or copied and read with every row.
    uint64_t of_elements(RowsKernel kernel, uint64_t arrays) const {
        if (!problem_.parameter_per_element) return 0;
        const uint64_t array = static_cast<uint64_t>(problem_.shape.parameters) * value_;
        const bool sums = kernel == RowsKernel::kGradientSums;
        const Tree &tree = sums ? backward_tree_ : forward_tree_;
        const RowsPlan plan = plan_rows(problem_, tree, kernel, access_, device_);
        if (plan.held == 0) {
            const uint64_t copies = value_ != bytes_of(problem_.type) ? 4 * array : 0;
            const uint64_t times = kernel == RowsKernel::kBackward ? 2 : 1;
            return times * arrays * cells_ * array + copies;
        }
        int64_t blocks = row_blocks(problem_, tree);
        if (kernel == RowsKernel::kForward) blocks = plan_groups(problem_, tree).steps;
        if (kernel == RowsKernel::kBackward) blocks = fused_parts(problem_, tree).count;
        if (sums) blocks = streaming_parts(problem_, tree).count;
        const bool of_parts = sums || kernel == RowsKernel::kBackward;
        if (!of_parts) blocks = std::min(blocks, blocks_of_rows(blocks, tree, plan, device_));
        return arrays * static_cast<uint64_t>(blocks) * array;
    }

    const Problem &problem_;
    const DeviceSpec &device_;
    gpu::RowAccess access_;
    const Tree &forward_tree_;
    const Tree &backward_tree_;
    uint64_t value_;
    uint64_t statistics_;
    uint64_t cells_;
    uint64_t forward_;
    uint64_t applied_;
    uint64_t backward_;
};

// Partial results, each written once and read once, or twice where means are merged (once for the
// mean, once for the deviations from it).
uint64_t partial_bytes(const Problem &problem, const Tree &forward, const Tree &backward,
                       jsnormOperation_t operation, bool fused) {
    const bool differentiates = operation == JSNORM_BACKWARD ||
                                operation == JSNORM_BACKWARD_FIXED_STATISTICS ||
                                operation == JSNORM_BACKWARD_REDUCE;
    const bool samples = uses_sample(problem, operation) || operation == JSNORM_FORWARD_STATISTICS;
    constexpr uint64_t kPair = 2 * sizeof(double);
    uint64_t bytes = 0;
    if (samples && !fused) {
        bytes += 3 * kPair * static_cast<uint64_t>(forward.partials(problem));
    }
    if (differentiates && !fused) {
        bytes += 2 * kPair * static_cast<uint64_t>(backward.partials(problem));
    }
    if (differentiates && problem.parameter_per_element) {
        const PartPlan plan =
            fused ? fused_parts(problem, forward) : streaming_parts(problem, backward);
        const auto parts = static_cast<uint64_t>(plan.count);
        bytes += 2 * parts * 2 * static_cast<uint64_t>(problem.shape.parameters) *
                 compute_bytes(problem.type);
    }
    return bytes;
}

}  // namespace

jsnormMemoryTraffic_t memory_traffic(const Problem &given, const Layout &x,
                                     jsnormOperation_t operation, uint32_t tensors,
                                     const DeviceSpec &device) {
    if (given.empty()) return {};
    const auto elements = static_cast<uint64_t>(x.elements());
    const uint64_t tensor = elements * bytes_of(x.type);
    const uint64_t mask = (tensors & JSNORM_TRAFFIC_MASK) != 0 ? (elements + 31) / 32 * 4 : 0;
    const uint64_t residual = (tensors & JSNORM_TRAFFIC_RESIDUAL) != 0 ? 1 : 0;
    const View view = make_view(given, {&x});
    std::optional<Fused> plan;
    if (operation == JSNORM_BACKWARD) {
        plan = cuda::fused(given, view, RowsKernel::kBackward, device);
    } else if (uses_sample(given, operation)) {
        plan = cuda::fused(given, view, RowsKernel::kForward, device);
    }
    const bool fused = plan.has_value();
    const Problem &problem = fused ? plan->problem : given;
    const Tree forward = fused ? plan->tree : make_tree(problem, view);
    const Tree backward = make_tree(problem, view, problem.parameter_per_element);
    const bool vectors = allows_vectors(problem, view, forward, true);
    const bool clears = !owns_mask_words(problem, view, forward, vectors);
    const Counts counts = counts_of(problem, operation, residual, fused, clears);
    return {counts.least.tensors * tensor + counts.least.masks * mask,
            counts.planned.tensors * tensor + counts.planned.masks * mask,
            Parameters(problem, forward, backward, row_access(problem, view, forward, true), device)
                .of(operation, fused),
            partial_bytes(problem, forward, backward, operation, fused)};
}

}  // namespace jsnorm::cuda
