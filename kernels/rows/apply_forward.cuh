// SPDX-License-Identifier: Apache-2.0
// Forward over rows: x -> y by coefficients from memory.
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
    const shared<Acc> held = shared_cast<Acc>(memory + args.memory.parameters);
    const RowStaging<T> staging(memory, args.memory);
    const ReverseTiles<T, kLanes> tiles(args.rows);
    wait_for_previous_kernel();
    let_next_kernel_start();
    int64_t held_first = -1;
    for (int64_t done = blockIdx.x; done < tiles.count(); done += gridDim.x) {
        const RowSpan span = tiles.span(args.rows, done);
        if (span.first != held_first) {
            hold_parameters<T, kLanes>(held, args.out.parameters, 2, span.first);
            held_first = span.first;
        }
        Tile<T> x;
        load_tile<Reuse::kNever, T, kLanes>(x, args.x, args.rows, span, 0, staging);
        Forward<Acc> of = {};
        if (span.count > 0) of = load_forward(args.coefficients, span.cell);
        forward_tile<T, kLanes>(x, args.rows, args.out, span, of, held, staging);
    }
}

}  // namespace jsnorm::gpu
