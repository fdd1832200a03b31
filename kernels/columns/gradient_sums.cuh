// SPDX-License-Identifier: Apache-2.0
// The sums that backward needs of columns: dy, x -> the sums of g and of g*(x - centre) of every
// chunk of every column, g being dy behind the activation. dy and x are read once; dz is written on
// the way where it is wanted.
//
// A block takes one chunk of one strip at a time. Float chains run down its lines, kTileLines *
// chunk_tiles terms each, which the plan keeps to 256; sums over threads are double.
#pragma once

#include "kernels/columns/gradient_tile.cuh"
#include "kernels/tensor/partials.cuh"

namespace jsnorm::gpu {

template <class T>
struct ColumnsGradientSums {
    Columns columns;
    ColumnsInput<T> in;
    BackwardArrays<Compute<T>> backward;  // the centre
    global<GradientSums> partials;        // [chunk][column of the whole tensor]
    global<T> dz = nullptr;               // laid out as dy, if the gradient behind it is wanted
};

// Dynamic shared memory: staging of kPairLines vectors a thread, where the plan needs it.
template <class T>
JSNORM_KERNEL(kColumnThreads, 1)
columns_gradient_sums(ColumnsGradientSums<T> args) {
    using Acc = Compute<T>;
    using Entry = BackwardEntry;
    constexpr int kV = kWidth<T>;
    JSNORM_SHARED(Acc, g_sums, kColumnThreads * kV);
    JSNORM_SHARED(Acc, product_sums, kColumnThreads * kV);
    JSNORM_SHARED(Acc, strip_values, BackwardTable<T>::kSize);
    JSNORM_DYNAMIC_SHARED(T, staging);
    const BackwardTable<T> table = {strip_values};
    const int entries = args.in.gate == Gate::kRecompute ? Entry::kCount : Entry::kEndOfCentre;
    const Columns &columns = args.columns;
    const ColumnThread<T> thread(columns);
    const ColumnOwner<T> owner;
    const int64_t chunk_lines = lines_of_tile(columns.lanes) * columns.chunk_tiles;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t index = blockIdx.x; index < columns.units(); index += gridDim.x) {
        const ColumnUnit unit = unit_of<T>(columns, index);

        // Centres of the columns.
        table.fill(columns, unit.strip, entries, [&](int entry, int64_t cell) {
            return backward_entry(args.in, args.backward, Entry::kEndOfCentre, columns, entry,
                                  cell);
        });
        MeanPair<Acc> centre[kV];
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            centre[e] = {table.at(Entry::kCentreHead, e, thread.lane),
                         table.at(Entry::kCentreTail, e, thread.lane)};
        }

        // Down the chunk.
        Acc g[kV] = {};
        Acc products[kV] = {};
        const int64_t lines = columns.lines();
        const int64_t begin = unit.chunk * chunk_lines;
        const int64_t end = begin + chunk_lines < lines ? begin + chunk_lines : lines;
        JSNORM_ROLLED
        for (int64_t first = begin; first < end; first += int64_t{kPairLines} * thread.lines) {
            const ColumnSpan span = column_span<kPairLines>(columns, thread, unit.strip, first);
            ColumnGradientTile<T> tile;
            load_gradient_columns<Reuse::kLater>(tile, args.in, columns, thread, span, table,
                                                 staging);
            if (args.dz != nullptr) {
                store_columns(tile.dy, args.dz, columns, thread, span, kColumnDy, staging);
            }
            JSNORM_UNROLL
            for (int i = 0; i < kPairLines; ++i) {
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) {
                    const Acc dy = tile.dy.vectors[i].get(e);
                    const Acc x = tile.x.vectors[i].get(e);
                    g[e] += dy;
                    products[e] += dy * ((x - centre[e].head) - centre[e].tail);
                }
            }
        }

        // Over the threads of each column.
        __syncthreads();
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            g_sums[column_slot(e)] = g[e];
            product_sums[column_slot(e)] = products[e];
        }
        __syncthreads();
        if (owner.adds_up()) {
            const double g_total = owner.total(columns, g_sums);
            const double product_total = owner.total(columns, product_sums);
            if (owner.exists(columns, unit.strip)) {
                store(args.partials + owner.partial(columns, unit),
                      GradientSums{g_total, product_total});
            }
        }
    }
}

}  // namespace jsnorm::gpu
