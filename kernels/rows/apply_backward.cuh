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
    const shared<Acc> held = shared_cast<Acc>(memory + args.memory.parameters);
    const RowStaging<T> staging(memory, args.memory);
    const ReverseTiles<T, kLanes> tiles(args.rows);
    wait_for_previous_kernel();
    let_next_kernel_start();
    int64_t held_first = -1;
    for (int64_t done = blockIdx.x; done < tiles.count(); done += gridDim.x) {
        const RowSpan span = tiles.span(args.rows, done);
        if (span.first != held_first) {
            hold_parameters<T, kLanes>(held, args.in.parameters, args.in.parameter_arrays(),
                                       span.first);
            held_first = span.first;
        }
        Forward<Acc> forward = {};
        Backward<Acc> of = {};
        if (span.count > 0) {
            if (args.in.gate == Gate::kRecompute) forward = load_forward(args.forward, span.cell);
            of = load_backward(args.backward, span.cell, args.out.through_statistics != 0);
        }
        RowGradientTile<T> values;
        load_gradient_tile<Reuse::kNever, T, kLanes>(values, args.rows, args.in, span, forward, held,
                                            staging);
        store_gradients<T, kLanes>(values, args.rows, args.in, args.out, span, of, held, staging);
    }
}

}  // namespace jsnorm::gpu
