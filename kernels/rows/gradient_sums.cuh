// SPDX-License-Identifier: Apache-2.0
// The sums that backward needs of rows: dy, x -> the sums of g and of g*(x - centre) of every chunk
// of every cell, and the parts of dgamma and dbeta if parameters belong to elements. g is dy behind
// the activation, times gamma if parameters belong to elements. dy and x are read once; dz is
// written on the way if it is wanted.
//
// A block takes one chunk of a part of the rows at a time. If parameters belong to elements, a
// chunk is one tile.
#pragma once

#include "kernels/rows/parameter_partials.cuh"

namespace jsnorm::gpu {

template <class T>
struct RowsGradientSums : RowsReduction<T> {
    ForwardArrays<Compute<T>> forward = {};  // for the gate and for dgamma of elements
    Centres centres = {};
    global<GradientSums> partials = nullptr;  // [chunk][cell]
    global<T> dz = nullptr;                   // laid out as dy, or NULL
};

template <class T, int kLanes>
JSNORM_KERNEL(kRowThreads<kLanes>, 1)
rows_gradient_sums(RowsGradientSums<T> args) {
    using Acc = Compute<T>;
    constexpr int kFirstEntry = 0;  // the one tile of a chunk begins an array of sums
    JSNORM_SHARED(double, scratch, 2 * kRowThreads<kLanes> / kWarp);
    JSNORM_DYNAMIC_SHARED(unsigned char, memory);
    SmemParameters<T, kLanes> smem_parameters(memory, args.memory);
    const RowStaging<T> staging(memory, args.memory);
    const ParameterSums<T, kLanes> parameter_sums(memory, args.memory, args.parts);
    const Rows &rows = args.rows;
    const RowThread<kLanes> thread;
    const bool needs_forward = parameter_sums.wanted || args.in.gate == Gate::kRecompute;
    const int64_t parts = args.parts.count;
    const int64_t tiles = tiles_of(rows);
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t unit = blockIdx.x; unit < parts * rows.chunks; unit += gridDim.x) {
        const int64_t chunk = unit / parts;
        const int64_t part = unit - chunk * parts;
        const int64_t first_tile = chunk * rows.chunk_tiles;

        // gamma and beta of the chunk.
        smem_parameters.stage(args.in.parameters, args.in.parameter_arrays(),
                              first_tile * rows.tile);
        parameter_sums.clear();
        JSNORM_ROLLED
        for (int64_t step = 0; step < args.parts.steps; ++step) {
            const RowBlock block =
                row_block<kLanes>(rows, (part * args.parts.steps + step) * kRowsPerBlock<kLanes>);
            const int64_t cell = block.first + thread.row;
            const bool exists = cell < rows.cell_count;

            // The centre of the row, and its coefficients where they are needed.
            Forward<Acc> forward = {};
            MeanPair<Acc> centre = {};
            if (exists) {
                if (needs_forward) forward = load_forward(args.forward, cell);
                centre = centre_of<Acc>(args.centres, cell);
            }

            // The chunk, tile by tile: its sums, lane by lane, and dz on the way.
            SumPair own = {0, 0};
            JSNORM_ROLLED
            for (int64_t tile = first_tile; tile < first_tile + rows.chunk_tiles && tile < tiles;
                 ++tile) {
                const RowSpan span = row_span(rows, block, cell, tile);
                RowGradientTile<T> values;
                load_gradient_tile<Reuse::kLater, T, kLanes>(values, rows, args.in, span, forward,
                                                             smem_parameters.values, staging);
                if (args.dz != nullptr) {
                    store_tile<T, kLanes>(values.dy, args.dz, rows, span, kRowDy, staging);
                }
                own += lane_gradient_sums<T, kLanes>(values, args.in, span, centre.head,
                                                     smem_parameters.values);
                parameter_sums.add(values, span, kFirstEntry, forward);
            }

            // One lane of the row writes its sums.
            const SumPair total = sum_lanes<kLanes>(own, scratch);
            if (exists && thread.lane == 0) {
                store(args.partials + (chunk * rows.cell_count + cell),
                      about_centre(total, centre));
            }
        }

        // dgamma and dbeta of the part, for the elements of the tile.
        const int64_t first = first_tile * rows.tile;
        parameter_sums.write(args.parts, part, args.in.parameters.count.value, first,
                             tile_length(rows, first));
    }
}

}  // namespace jsnorm::gpu
