// SPDX-License-Identifier: Apache-2.0
// Backward over rows: x, dy -> dx and dz by coefficients from memory.
#pragma once

#include "kernels/rows/gradient_tile.cuh"

namespace jsnorm::gpu {

template <class T>
struct RowsApplyBackward {
    Rows rows;
    RowsInput<T> in;
    GradientOutputs<T> out;
    ForwardArrays<Compute<T>> forward;  // for the gate
    BackwardArrays<Compute<T>> backward;
    BlockMemory memory;
};

template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, 1)
rows_apply_backward(RowsApplyBackward<T> args) {
    using Acc = Compute<T>;
    JSNORM_DYNAMIC_SHARED(unsigned char, memory);
    SmemParameters<T, kLanes> smem_parameters(memory, args.memory);
    const RowStaging<T> staging(memory, args.memory);
    const Rows &rows = args.rows;
    const bool through = args.out.through_statistics != 0;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for_row_tiles_backwards<kLanes>(rows, [&](const RowSpan &span) {
        // gamma and beta of the tile, and the coefficients of the row.
        smem_parameters.stage(args.in.parameters, args.in.parameter_arrays(), span.first);
        Forward<Acc> forward = {};
        Backward<Acc> backward = {};
        if (span.count > 0) {
            if (args.in.gate == Gate::kRecompute) forward = load_forward(args.forward, span.cell);
            backward = load_backward(args.backward, span.cell, through);
        }

        // x, and dy behind the activation.
        RowGradientTile<T> tile;
        load_gradient_tile<Reuse::kNever, T, kLanes>(tile, rows, args.in, span, forward,
                                                     smem_parameters.values, staging);

        // x and dy -> dx and dz.
        store_gradients<T, kLanes>(tile, rows, args.in, args.out, span, backward,
                                   smem_parameters.values, staging);
    });
}

}  // namespace jsnorm::gpu
