// SPDX-License-Identifier: Apache-2.0
// Forward over rows: x -> y = act(gamma*xhat + beta + z) by coefficients from memory.
#pragma once

#include "kernels/rows/forward_tile.cuh"

namespace jsnorm::gpu {

template <class T>
struct RowsApplyForward {
    Rows rows;
    global<const T> x;
    RowsOutput<T> out;
    ForwardArrays<Compute<T>> coefficients;
    BlockMemory memory;
};

template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, 1)
rows_apply_forward(RowsApplyForward<T> args) {
    using Acc = Compute<T>;
    JSNORM_DYNAMIC_SHARED(unsigned char, memory);
    SmemParameters<T, kLanes> smem_parameters(memory, args.memory);
    const RowStaging<T> staging(memory, args.memory);
    const Rows &rows = args.rows;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for_row_tiles_backwards<kLanes>(rows, [&](const RowSpan &span) {
        // gamma and beta of the tile, x, and the coefficients of the row.
        smem_parameters.stage(args.out.parameters, kRowParameterCount, span.first);
        Tile<T> x;
        load_tile<Reuse::kNever, T, kLanes>(x, args.x, rows, span, kRowX, staging);
        Forward<Acc> coefficients = {};
        if (span.count > 0) coefficients = load_forward(args.coefficients, span.cell);

        // x and z -> y.
        forward_tile<T, kLanes>(x, rows, args.out, span, coefficients, smem_parameters.values,
                                staging);
    });
}

}  // namespace jsnorm::gpu
