// SPDX-License-Identifier: Apache-2.0
// The sums that backward needs of rows: dy, x -> two sums for every chunk of every cell, and the
// parts of dgamma and dbeta where parameters belong to elements. dy and x are read once.
#pragma once

#include "kernels/parameter_partials.cuh"

namespace jsnorm::gpu {

template <class T>
struct RowsGradientSums {
    Rows rows;
    RowsInput<T> in;
    ForwardArrays<Compute<T>> forward;    // for the gate and for dgamma of elements
    BackwardArrays<Compute<T>> backward;  // the centre
    global<GradientSums> partials;        // [chunk][cell]
    ParameterParts<T> parts;
    int64_t parameters = 0;
};

// A block takes a part of the rows, one chunk of it. Dynamic shared memory: parameter_sums_size()
// values, then staging.
template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, 1)
rows_gradient_sums(RowsGradientSums<T> args) {
    using Acc = Compute<T>;
    JSNORM_SHARED(double, scratch, 2 * kRowThreads<kLanes> / kWarp);
    JSNORM_DYNAMIC_SHARED(Acc, parameter_sums);
    const Rows &rows = args.rows;
    const RowThread<kLanes> thread;
    const bool by_element = args.parts.partials != nullptr;
    const shared<T> staging =
        shared_cast<T>(parameter_sums + staging_offset(args.parts, kRowThreads<kLanes>));
    const bool needs_forward = by_element || args.in.gate == Gate::kRecompute;
    const int64_t parts = divide_up(rows.cell_count, args.parts.part_rows);
    const int64_t tiles = divide_up(rows.cell_elements, row_tile<T>(kLanes));
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t unit = blockIdx.x; unit < parts * rows.chunks; unit += gridDim.x) {
        const int64_t chunk = unit / parts;
        const int64_t part = unit - chunk * parts;
        if (by_element) clear_parameter_sums<T>(parameter_sums, args.parts.vectors);
        JSNORM_ROLLED
        for (int64_t row = 0; row < args.parts.part_rows; row += kRowsPerBlock<kLanes>) {
            const int64_t cell = part * args.parts.part_rows + row + thread.row;
            const bool exists = cell < rows.cell_count;
            Forward<Acc> forward = {};
            MeanPair<Acc> centre = {};
            if (exists) {
                if (needs_forward) forward = load_forward(args.forward, cell);
                centre = load_centre(args.backward, cell);
            }
            GradientSums total = {0, 0};
            JSNORM_ROLLED
            for (int64_t tile = chunk * rows.chunk_tiles;
                 tile < (chunk + 1) * rows.chunk_tiles && tile < tiles; ++tile) {
                const RowSpan span = row_span<T, kLanes>(rows, cell, tile);
                GradientTile<T> values;
                load_gradient_tile<false, T, kLanes>(values, rows, args.in, span, forward, staging);
                const GradientSums sums =
                    tile_gradient_sums<T, kLanes>(values, args.in, span, centre, scratch);
                total = {total.g + sums.g, total.g_centred + sums.g_centred};
                if (by_element) {
                    add_parameter_sums<T, kLanes>(parameter_sums, args.parts.vectors, values, span,
                                                  forward);
                }
            }
            if (exists && thread.lane == 0) {
                store(args.partials + (chunk * rows.cell_count + cell), total);
            }
        }
        if (by_element) {
            store_parameter_sums<T, kLanes>(parameter_sums, args.parts, part, args.parameters,
                                            row_span<T, kLanes>(rows, 0, chunk));
        }
    }
}

template <class T>
struct RowsApplyBackward {
    Rows rows;
    RowsInput<T> in;
    RowsGradients<T> out;
    ForwardArrays<Compute<T>> forward;  // for the gate
    BackwardArrays<Compute<T>> backward;
};

// Tiles in reverse order: the sums read the last ones last. Dynamic shared memory: staging.
template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, 1)
rows_apply_backward(RowsApplyBackward<T> args) {
    using Acc = Compute<T>;
    JSNORM_DYNAMIC_SHARED(T, staging);
    const Rows &rows = args.rows;
    const RowThread<kLanes> thread;
    const int64_t blocks = divide_up(rows.cell_count, kRowsPerBlock<kLanes>);
    const int64_t tiles = divide_up(rows.cell_elements, row_tile<T>(kLanes));
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t done = blockIdx.x; done < blocks * tiles; done += gridDim.x) {
        const int64_t unit = blocks * tiles - 1 - done;
        const int64_t tile = unit / blocks;
        const int64_t cell = (unit - tile * blocks) * kRowsPerBlock<kLanes> + thread.row;
        const RowSpan span = row_span<T, kLanes>(rows, cell, tile);
        Forward<Acc> forward = {};
        Backward<Acc> of = {};
        if (span.count > 0) {
            if (args.in.gate == Gate::kRecompute) forward = load_forward(args.forward, cell);
            of = load_backward(args.backward, cell, args.out.through_statistics != 0);
        }
        GradientTile<T> values;
        load_gradient_tile<true, T, kLanes>(values, rows, args.in, span, forward, staging);
        store_gradients<T, kLanes>(values, rows, args.in, args.out, span, of, staging);
    }
}

}  // namespace jsnorm::gpu
