// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/plan/traffic.hpp"

#include <algorithm>

#include "src/core/record.hpp"
#include "src/cuda/plan/planes.hpp"

namespace jsnorm::cuda {

namespace {

uint64_t partials_of(const std::optional<Pass> &pass, const Problem &problem) {
    return pass ? static_cast<uint64_t>(pass->tree.partials(problem)) : 0;
}

// What kernels request of parameters, statistics and coefficients.
class ParameterRequests {
  public:
    ParameterRequests(const Plan &plan, const DeviceSpec &device)
        : plan_(plan),
          problem_(plan.problem),
          device_(device),
          value_(compute_bytes(plan.problem.type)),
          cells_(static_cast<uint64_t>(plan.problem.cells)) {}

    uint64_t of_fused() const {
        if (plan_.operation == JSNORM_BACKWARD) return of_fused_backward();
        const uint64_t running = is_batch_kind(problem_.norm.kind) ? 2 * statistics() : 0;
        return statistics() + running + of_cells(2) + of_elements(*plan_.fused, 2);
    }

    // Merged statistics are written. Where something couples them, every block of a finalize kernel
    // reads all statistics of its group twice for the sums over k (for the scale, and scaled), and
    // once for the sums of gradients; each thread reads its own again.
    uint64_t of_streaming() const {
        const auto blocks =
            static_cast<uint64_t>(gpu::divide_up(problem_.statistics, gpu::kFinalizeThreads));
        const uint64_t sums = is_coupled(problem_) ? blocks : 0;
        const uint64_t forward_finalize = (2 + 2 * sums) * statistics() + 3 * cells_ * value_;
        const uint64_t cell_sums = 2 * sizeof(double) * cells_;
        const uint64_t backward_finalize = (2 + 3 * sums) * statistics() +
                                           (1 + sums) * (cell_sums + cells_ * value_) +
                                           2 * cell_sums + 5 * cells_ * value_ + gradients();
        const uint64_t record = record_bytes(JSNORM_RECORD_MOMENTS, problem_.statistics);
        switch (plan_.operation) {
            case JSNORM_FORWARD_TRAINING:
                return forward_finalize + statistics() + forward_apply();
            case JSNORM_FORWARD_INFERENCE:
                return forward_finalize + forward_apply();
            case JSNORM_BACKWARD:
            case JSNORM_BACKWARD_FIXED_STATISTICS:
                return (reads_forward() ? forward_finalize : 0) + reduce() + backward_finalize +
                       backward_apply();
            case JSNORM_FORWARD_STATISTICS:
                return statistics() + record;
            case JSNORM_FORWARD_FINALIZE:
                return forward_finalize + statistics() + record;
            case JSNORM_FORWARD_APPLY:
                return forward_apply();
            case JSNORM_BACKWARD_REDUCE:
                return reduce() + cell_sums;
            case JSNORM_BACKWARD_FINALIZE:
                return backward_finalize;
            default:  // JSNORM_BACKWARD_APPLY
                return backward_apply();
        }
    }

  private:
    uint64_t forward_apply() const {
        return 5 * loads(*plan_.apply) * value_ + of_elements(*plan_.apply, 2);
    }
    // Coefficients of forward before the gradient sums.
    bool reads_forward() const {
        return plan_.gate == Gate::kRecompute || plan_.element_gradients ||
               plan_.operation == JSNORM_BACKWARD_FIXED_STATISTICS;
    }
    // The centre of a column is read for its sums and again for their result.
    uint64_t reduce() const {
        const uint64_t centre = (plan_.sums->tree.columns ? 2 : 1) * sizeof(double);
        const uint64_t forward = reads_forward() ? 3 * value_ : 0;
        return loads(*plan_.sums) * (centre + forward) + of_elements(*plan_.sums, 1);
    }
    uint64_t backward_apply() const {
        return 6 * loads(*plan_.apply) * value_ + of_elements(*plan_.apply, 1);
    }

    // Saved statistics are read before the tensors and after them, and again for every sum over k
    // (twice for a scaled one).
    uint64_t of_fused_backward() const {
        if (plan_.fused->layer) {  // saved statistics once, by every warp of a row; gamma twice
            const auto warps = static_cast<uint64_t>(warps_of(plan_.fused->tree));
            return warps * statistics() + of_elements(*plan_.fused, 2) + gradients();
        }
        const bool coupled = problem_.statistics > 1;
        const uint64_t sums =
            problem_.parameter_per_element
                ? 0
                : statistics() + 7 * cells_ * sizeof(double) + (coupled ? 2 : 1) * cells_ * value_;
        return (coupled ? 7 : 2) * statistics() + of_cells(1) + sums +
               of_elements(*plan_.fused, 1) + gradients();
    }

    uint64_t gradients() const {
        return 2 * static_cast<uint64_t>(problem_.shape.parameters) * value_;
    }
    // Means and variances.
    uint64_t statistics() const {
        return 2 * static_cast<uint64_t>(problem_.statistics_total()) * sizeof(double);
    }

    // Sets of coefficients that a pass loads.
    uint64_t loads(const Pass &pass) const {
        const Tree &tree = pass.tree;
        if (tree.columns) {
            const bool applies = plan_.apply && &pass == &*plan_.apply;
            const int64_t parts = applies ? apply_parts(problem_, tree) : tree.chunks;
            return static_cast<uint64_t>(problem_.cells * tree.fold * parts);
        }
        if (pass.planes) {
            const bool applies = plan_.apply && &pass == &*plan_.apply;
            return static_cast<uint64_t>(applies ? cut_planes(problem_, pass.view).units(problem_)
                                                 : problem_.cells * tree.chunks);
        }
        const int64_t tiles = gpu::divide_up(problem_.cell_elements, tree.tile);
        return static_cast<uint64_t>(problem_.cells * tiles * warps_of(tree));
    }
    // Of a row.
    static int64_t warps_of(const Tree &tree) { return std::max(tree.lanes / gpu::kWarp, 1); }
    // Parameters of the cells of rows.
    uint64_t of_cells(uint64_t arrays) const {
        return problem_.parameter_per_element ? 0 : arrays * loads(*plan_.fused) * value_;
    }
    // Arrays of P values: with every block, or copied and read with every row.
    uint64_t of_elements(const Pass &pass, uint64_t arrays) const {
        if (!problem_.parameter_per_element) return 0;
        const uint64_t array = static_cast<uint64_t>(problem_.shape.parameters) * value_;
        const bool fused_backward = plan_.fused && plan_.operation == JSNORM_BACKWARD;
        if (pass.layer) {  // by every warp, which may have several rows
            const uint64_t rows = std::max(gpu::kWarp / pass.tree.lanes, 1);
            return arrays * ((cells_ + rows - 1) / rows) * array;
        }
        if (pass.rows.smem_entries == 0) {
            const uint64_t copies = value_ != bytes_of(problem_.type) ? 4 * array : 0;
            return (fused_backward ? 2 : 1) * arrays * cells_ * array + copies;
        }
        const bool of_parts = fused_backward || (plan_.sums && &pass == &*plan_.sums);
        int64_t blocks =
            plan_.fused ? plan_groups(problem_, pass.tree).steps : row_blocks(problem_, pass.tree);
        if (of_parts) {
            blocks = plan_.parts.count;
        } else {
            blocks = blocks_of_rows(blocks, pass.tree, pass.rows, device_);
        }
        return arrays * static_cast<uint64_t>(blocks) * array;
    }

    const Plan &plan_;
    const Problem &problem_;
    const DeviceSpec &device_;
    uint64_t value_;
    uint64_t cells_;
};

}  // namespace

Passes planned_passes(const Plan &plan, uint64_t residual) {
    // A mask whose words are shared is cleared, then read and written.
    const uint64_t mask_written = plan.mask_write == MaskWrite::kMergedBits ? 3 : 1;
    Passes passes;
    switch (plan.operation) {
        case JSNORM_FORWARD_TRAINING:
        case JSNORM_FORWARD_INFERENCE:
        case JSNORM_FORWARD_APPLY:
            passes = {2 + residual, mask_written};
            if (plan.sums) passes.tensors += 1;
            return passes;
        case JSNORM_FORWARD_STATISTICS:
            return {1, 0};
        default:
            break;
    }
    if (plan.fused) return {3 + residual, 1};
    if (plan.sums) passes = {2, 1};
    if (plan.apply) {
        passes.tensors += 3 + residual;
        if (!plan.sums_write_dz) passes.masks += 1;
    }
    return passes;
}

uint64_t partial_sum_bytes(const Plan &plan) {
    constexpr uint64_t kPair = 2 * sizeof(double);
    const Problem &problem = plan.problem;
    uint64_t bytes = 0;
    if (plan.sums) {
        // Written once; read once, or twice where means are merged: for the mean, and for the
        // deviations from it.
        const uint64_t times = reduces_gradient(plan.operation) ? 2 : 3;
        bytes += times * kPair * partials_of(plan.sums, problem);
    }
    if (plan.element_gradients) {
        bytes += 2 * static_cast<uint64_t>(plan.parts.count) * 2 *
                 static_cast<uint64_t>(problem.shape.parameters) * compute_bytes(problem.type);
    }
    return bytes;
}

uint64_t requested_parameter_bytes(const Plan &plan, const DeviceSpec &device) {
    if (plan.problem.empty()) return 0;
    const ParameterRequests requests(plan, device);
    return plan.fused ? requests.of_fused() : requests.of_streaming();
}

jsnormMemoryTraffic_t memory_traffic(const TrafficQuery &query, const DeviceSpec &device) {
    if (query.problem.empty()) return {};
    const Plan plan = make_plan(request_of(query), device);
    return jsnorm::memory_traffic(query, planned_passes(plan, query.residual()),
                                  partial_sum_bytes(plan));
}

}  // namespace jsnorm::cuda
