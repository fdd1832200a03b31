// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/plan/plan.hpp"

namespace jsnorm::cuda {

namespace {

const char *name_of(Scheme scheme) {
    switch (scheme) {
        case Scheme::kFused:
            return "fused, every group stays on chip and x is read once";
        case Scheme::kStreaming:
            return "streaming, sums and elements are separate passes";
        default:
            return "no tensor is read";
    }
}

const char *name_of(const Pass &pass) {
    if (pass.planes) return "16 bytes at a time, pieces of planes without barriers";
    if (pass.tree.columns) return pass.vectors ? "16 bytes at a time" : "gathered by elements";
    switch (pass.rows.access) {
        case gpu::RowAccess::kVectors:
            return "16 bytes at a time";
        case gpu::RowAccess::kRowSpans:
            return "16 bytes at a time through shared memory, row by row";
        case gpu::RowAccess::kBlockSpans:
            return "16 bytes at a time through shared memory, the rows of a block together";
        default:
            return "gathered by elements";
    }
}

int threads_of(const Pass &pass) {
    if (pass.planes) return gpu::kPlaneThreads;
    return pass.tree.columns ? gpu::kColumnThreads : row_threads(pass.tree);
}

void describe(const char *name, const std::optional<Pass> &pass, Text &text) {
    if (!pass) return;
    using ll = long long;
    const char *const family = pass->tree.columns ? "columns" : pass->planes ? "planes" : "rows";
    text.add("%s: %s, %d lanes, ", name, family, pass->planes ? gpu::kWarp : pass->tree.lanes);
    if (pass->tree.fold > 1) text.add("%d lines folded to one, ", pass->tree.fold);
    text.add("%s; %lld blocks of %d threads, %zu bytes of shared memory, %lld partial results\n",
             name_of(*pass), ll{pass->blocks}, threads_of(*pass), pass->shared_bytes,
             ll{pass->tree.chunks});
}

void describe_finalize(int32_t blocks, Text &text) {
    if (blocks == 0) {
        text.add("between the passes: a launch for each step\n");
    } else if (blocks == 1) {
        text.add("between the passes: one launch of a block\n");
    } else {
        text.add("between the passes: one launch of a cluster of %d blocks\n", blocks);
    }
}

}  // namespace

void describe(const Plan &plan, const DeviceSpec &device, Text &text) {
    text.add("CUDA on %s (sm_%d%d): %s\n", device.name, device.major, device.minor,
             name_of(plan.scheme));
    const bool layer = plan.fused && plan.fused->layer;
    describe(layer ? "fused pass, rows by themselves" : "fused pass", plan.fused, text);
    describe("sums", plan.sums, text);
    describe("elements", plan.apply, text);
    if (plan.mask_write == MaskWrite::kWholeWords) text.add("mask: written by whole words\n");
    if (plan.mask_write == MaskWrite::kMergedBits)
        text.add("mask: cleared, then merged bit by bit\n");
    if (plan.element_gradients) {
        text.add("gradients of parameters: summed over %lld parts of the rows\n",
                 static_cast<long long>(plan.parts.count));
    }
    if (plan.scheme != Scheme::kFused) describe_finalize(plan.finalize_blocks, text);
    text.add("workspace: %zu bytes\n", plan.workspace.bytes());
}

}  // namespace jsnorm::cuda
