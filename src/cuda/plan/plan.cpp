// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/plan/plan.hpp"

#include "src/cuda/plan/finalize.hpp"
#include "src/cuda/plan/planes.hpp"

namespace jsnorm::cuda {

namespace {

// Fills in what a kernel of rows needs.
void plan_rows_pass(const Problem &problem, RowsKernel kernel, bool aligned, int64_t units,
                    const DeviceSpec &device, Pass &pass) {
    pass.rows = plan_rows(problem, pass.tree, kernel,
                          row_access(problem, pass.view, pass.tree, aligned), device);
    pass.blocks = blocks_of_rows(units, pass.tree, pass.rows, device);
    pass.shared_bytes = pass.rows.shared_bytes();
}

// parts: chunks, or parts of an apply kernel.
void plan_columns_pass(const Problem &problem, bool aligned, int64_t parts, Pass &pass) {
    pass.vectors = allows_vectors(problem, pass.view, pass.tree, aligned);
    pass.blocks = all_column_strips(problem, pass.tree) * parts;
}

// Whether an apply kernel marks its accesses evict-first: where some of a tensor stays in the L2
// cache, and must not be driven out by elements that nobody reads again.
bool evicts_first(const Problem &problem, const DeviceSpec &device) {
    const auto bytes =
        static_cast<size_t>(problem.cells * problem.cell_elements) * bytes_of(problem.type);
    return 2 * bytes > device.l2_bytes && bytes < 3 * device.l2_bytes;
}

// A pass that gives its result to every element of x.
Pass apply_pass(const Problem &problem, const View &view, RowsKernel kernel, bool aligned,
                const DeviceSpec &device) {
    Pass pass{view, make_apply_tree(problem, view), {}, false, false, 0, 0};
    pass.evict_first = evicts_first(problem, device);
    if (pass.tree.columns) {
        plan_columns_pass(problem, aligned, apply_parts(problem, pass.tree), pass);
    } else {
        const int64_t tiles = gpu::divide_up(problem.cell_elements, pass.tree.tile);
        plan_rows_pass(problem, kernel, aligned, row_blocks(problem, pass.tree) * tiles, device,
                       pass);
        pass.planes = are_planes(problem, view, pass.rows.access);
        if (pass.planes) pass.blocks = cut_planes(problem, view).blocks(problem);
    }
    return pass;
}

// Gives a pass over rows, which sums up, to kernels of planes where they serve it.
void plan_summed_planes(const Problem &problem, Pass &pass) {
    pass.planes = are_summed_planes(problem, pass.view, pass.tree, pass.rows.access);
    if (pass.planes) pass.blocks = sum_blocks(problem, pass.tree);
}

Pass statistics_pass(const Problem &problem, const View &view, bool aligned,
                     const DeviceSpec &device) {
    Pass pass{view, make_tree(problem, view), {}, false, false, 0, 0};
    if (pass.tree.columns) {
        plan_columns_pass(problem, aligned, pass.tree.chunks, pass);
    } else {
        plan_rows_pass(problem, RowsKernel::kStatistics, aligned,
                       row_blocks(problem, pass.tree) * pass.tree.chunks, device, pass);
        plan_summed_planes(problem, pass);
    }
    return pass;
}

// dgamma and dbeta of elements are summed over parts of the rows; else every step is a part.
void plan_parts(Plan &plan, const Pass &pass, bool wanted) {
    const bool fused = plan.scheme == Scheme::kFused;
    plan.element_gradients = plan.problem.parameter_per_element && wanted;
    if (plan.element_gradients) {
        plan.parts =
            fused ? fused_parts(plan.problem, pass.tree) : streaming_parts(plan.problem, pass.tree);
    } else {
        plan.parts.count = fused ? plan_groups(plan.problem, pass.tree).steps
                                 : row_blocks(plan.problem, pass.tree);
    }
}

void plan_gradient_sums(const Request &request, const DeviceSpec &device, Plan &plan) {
    const Problem &problem = plan.problem;
    const View view = make_view(problem, {&request.x.layout, &request.dy.layout});
    plan.sums_write_dz = request.dz.given && same_strides(request.dz.layout, request.dy.layout);
    const bool aligned =
        request.x.aligned && request.dy.aligned && (!plan.sums_write_dz || request.dz.aligned);
    Pass pass{view, make_tree(problem, view, problem.parameter_per_element), {}, false, false, 0,
              0};
    if (pass.tree.columns) {
        plan_columns_pass(problem, aligned, pass.tree.chunks, pass);
    } else {
        plan_parts(plan, pass, request.parameter_gradients);
        plan_rows_pass(problem, RowsKernel::kGradientSums, aligned, 0, device, pass);
        pass.blocks = plan.parts.count * pass.tree.chunks;
        plan_summed_planes(problem, pass);
    }
    plan.sums = pass;
}

View backward_view(const Request &request, const Problem &problem) {
    return make_view(
        problem, {&request.x.layout, &request.dy.layout, &request.dx.layout, &request.dz.layout});
}

void plan_apply_backward(const Request &request, bool after_sums, const DeviceSpec &device,
                         Plan &plan) {
    const bool reads_dz = after_sums && plan.sums_write_dz;
    if (!request.dx.given && (!request.dz.given || reads_dz)) return;
    const bool aligned = request.x.aligned && request.dx.aligned && request.dz.aligned &&
                         (reads_dz || request.dy.aligned);
    plan.apply = apply_pass(plan.problem, backward_view(request, plan.problem),
                            RowsKernel::kApplyBackward, aligned, device);
}

// Whether the rows allow kernels of plain layers: statistics by themselves, parameters of elements,
// rows of whole vectors at a constant step, no ReLU.
bool is_plain_layer(const Problem &problem, const Pass &pass) {
    return problem.type != JSNORM_DOUBLE && problem.parameter_per_element &&
           problem.statistics == 1 && problem.cells_per_statistic == 1 &&
           pass.rows.access == gpu::RowAccess::kVectors && pass.tree.single_tile &&
           pass.view.cells.count == 1 && pass.view.elements.count == 1 &&
           problem.norm.activation == JSNORM_ACTIVATION_NONE;
}

// rows_layer_backward also wants few enough vectors for its registers.
bool is_plain_layer_backward(const Request &request, const Plan &plan, const Pass &pass) {
    return is_plain_layer(plan.problem, pass) && request.dx.given && !request.dz.given &&
           plan_groups(plan.problem, pass.tree).vectors <= gpu::kLayerVectors;
}

// A fused pass becomes that of a kernel of plain layers: the same groups and parts, the same bits.
void use_layer(const Problem &problem, RowsKernel kernel, const DeviceSpec &device, Pass &pass) {
    pass.layer = true;
    pass.rows = plan_rows(problem, pass.tree, kernel, pass.rows.access, device);
    pass.blocks = row_blocks(problem, pass.tree);
    pass.shared_bytes = pass.rows.shared_bytes();
}

void plan_backward(const Request &request, const DeviceSpec &device, Plan &plan) {
    const bool through_statistics = request.operation == JSNORM_BACKWARD;
    if (through_statistics) {
        const View inputs = make_view(plan.problem, {&request.x.layout, &request.dy.layout});
        if (const auto groups = fused(plan.problem, inputs, RowsKernel::kBackward, device)) {
            plan.scheme = Scheme::kFused;
            plan.problem = groups->problem;
            Pass pass{backward_view(request, plan.problem), groups->tree, {}, false, false, 0, 0};
            const bool aligned =
                request.x.aligned && request.dy.aligned && request.dx.aligned && request.dz.aligned;
            plan_parts(plan, pass, request.parameter_gradients);
            plan_rows_pass(plan.problem, RowsKernel::kBackward, aligned, 0, device, pass);
            if (is_plain_layer_backward(request, plan, pass)) {
                use_layer(plan.problem, RowsKernel::kLayerBackward, device, pass);
            }
            pass.blocks = plan.parts.count;
            plan.fused = pass;
            return;
        }
    }
    plan.scheme = Scheme::kStreaming;
    const bool reduces = request.parameter_gradients || (through_statistics && request.dx.given);
    if (reduces) plan_gradient_sums(request, device, plan);
    plan_apply_backward(request, reduces, device, plan);
}

void plan_fused_forward(const Request &request, bool aligned, const DeviceSpec &device,
                        const Fused &groups, const View &view, Plan &plan) {
    plan.scheme = Scheme::kFused;
    plan.problem = groups.problem;
    Pass pass{view, groups.tree, {}, false, false, 0, 0};
    plan_rows_pass(plan.problem, RowsKernel::kForward, aligned,
                   plan_groups(plan.problem, pass.tree).steps, device, pass);
    if (is_plain_layer(plan.problem, pass) && !request.z.given) {
        use_layer(plan.problem, RowsKernel::kLayerForward, device, pass);
    }
    plan.fused = pass;
}

void plan_forward(const Request &request, const DeviceSpec &device, Plan &plan) {
    const View x_view = make_view(plan.problem, {&request.x.layout});
    const View view =
        make_view(plan.problem, {&request.x.layout, &request.z.layout, &request.y.layout});
    const bool aligned = request.x.aligned && request.z.aligned && request.y.aligned;
    plan.scheme = Scheme::kStreaming;
    if (uses_sample(plan.problem, request.operation)) {
        if (const auto groups = fused(plan.problem, x_view, RowsKernel::kForward, device)) {
            plan_fused_forward(request, aligned, device, *groups, view, plan);
        } else {
            plan.sums = statistics_pass(plan.problem, x_view, request.x.aligned, device);
        }
    }
    if (!plan.fused) {
        plan.apply = apply_pass(plan.problem, view, RowsKernel::kApplyForward, aligned, device);
    }
    if (!request.mask) return;
    const Pass &writes = plan.fused ? *plan.fused : *plan.apply;
    const bool vectors = allows_vectors(plan.problem, view, writes.tree, aligned);
    plan.mask_write = owns_mask_words(plan.problem, view, writes.tree, vectors)
                          ? MaskWrite::kWholeWords
                          : MaskWrite::kMergedBits;
}

Gate gate_of(const Request &request) {
    if (request.problem->norm.activation == JSNORM_ACTIVATION_NONE) return Gate::kNone;
    return request.mask ? Gate::kMask : Gate::kRecompute;
}

// The passes over tensors.
void plan_passes(const Request &request, const DeviceSpec &device, Plan &plan) {
    switch (request.operation) {
        case JSNORM_FORWARD_TRAINING:
        case JSNORM_FORWARD_INFERENCE:
        case JSNORM_FORWARD_APPLY:
            plan_forward(request, device, plan);
            break;
        case JSNORM_FORWARD_STATISTICS:
            plan.scheme = Scheme::kStreaming;
            plan.sums = statistics_pass(plan.problem, make_view(plan.problem, {&request.x.layout}),
                                        request.x.aligned, device);
            break;
        case JSNORM_BACKWARD:
        case JSNORM_BACKWARD_FIXED_STATISTICS:
            plan.gate = gate_of(request);
            plan_backward(request, device, plan);
            break;
        case JSNORM_BACKWARD_REDUCE:
            plan.scheme = Scheme::kStreaming;
            plan.gate = gate_of(request);
            plan_gradient_sums(request, device, plan);
            break;
        case JSNORM_BACKWARD_APPLY:
            plan.scheme = Scheme::kStreaming;
            plan.gate = gate_of(request);
            plan_apply_backward(request, false, device, plan);
            break;
        default:  // finalize phases read no tensor
            break;
    }
}

}  // namespace

Plan make_plan(const Request &request, const DeviceSpec &device) {
    Plan plan;
    plan.operation = request.operation;
    plan.problem = *request.problem;
    plan.workspace = plan_workspace(plan.problem, request.operation);
    if (!plan.problem.empty()) plan_passes(request, device, plan);
    plan.finalize_blocks = finalize_blocks_of(plan, request.records, device);
    return plan;
}

}  // namespace jsnorm::cuda
