// SPDX-License-Identifier: Apache-2.0
// Backward over columns: x, dy -> dx and dz by coefficients. Every thread keeps the coefficients of
// its columns in registers.
//
// Chunks, and tiles in them, are taken in reverse order: the sums read the last ones last.
#pragma once

#include "kernels/columns/gradient_tile.cuh"

namespace jsnorm::gpu {

template <class T>
struct ColumnsApplyBackward {
    Columns columns;
    ColumnsInput<T> in;
    BackwardArrays<Compute<T>> backward;
    GradientOutputs<T> out;
};

// Dynamic shared memory: staging of kPairLines vectors a thread, where the plan needs it.
template <class T>
JSNORM_KERNEL(kColumnThreads, 1)
columns_apply_backward(ColumnsApplyBackward<T> args) {
    using Acc = Compute<T>;
    using Entry = BackwardEntry;
    constexpr int kV = kWidth<T>;
    JSNORM_SHARED(Acc, strip_values, BackwardTable<T>::kSize);
    JSNORM_DYNAMIC_SHARED(T, staging);
    const BackwardTable<T> table = {strip_values};
    const int entries = args.in.gate == Gate::kRecompute ? Entry::kCount : Entry::kEndOfTerms;
    const Columns &columns = args.columns;
    const ColumnThread<T> thread(columns);
    const bool through = args.out.through_statistics != 0;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t done = blockIdx.x; done < columns.units(); done += gridDim.x) {
        const ColumnUnit unit = unit_of<T>(columns, columns.units() - 1 - done);

        // Coefficients: memory -> table of the strip -> registers of each thread. With fixed
        // statistics rstd alone is there.
        table.fill(columns, unit.strip, entries, [&](int entry, int64_t cell) {
            const bool of_backward = entry > Entry::kGamma && entry < Entry::kGateHead;
            if (!through && of_backward && entry != Entry::kRstd) return Acc(0);
            return backward_entry(args.in, args.backward, Entry::kEndOfTerms, columns, entry, cell);
        });
        Backward<Acc> coefficients[kV];
        Acc gamma[kV];
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            gamma[e] = table.at(Entry::kGamma, e, thread.lane);
            coefficients[e] = {{table.at(Entry::kCentreHead, e, thread.lane),
                                table.at(Entry::kCentreTail, e, thread.lane)},
                               table.at(Entry::kRstd, e, thread.lane),
                               table.at(Entry::kB, e, thread.lane),
                               table.at(Entry::kT, e, thread.lane)};
        }

        // x and dy -> dx and dz, tile by tile.
        for_tiles_backwards<kPairLines>(columns, thread, unit, [&](const ColumnSpan &span) {
            ColumnGradientTile<T> tile;
            load_gradient_columns<Reuse::kNever>(tile, args.in, columns, thread, span, table,
                                                 staging);
            if (args.out.dz != nullptr) {
                store_columns(tile.dy, args.out.dz, columns, thread, span, kColumnDz, staging);
            }
            if (args.out.dx == nullptr) return;
            JSNORM_UNROLL
            for (int i = 0; i < kPairLines; ++i) {
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) {
                    tile.x.vectors[i].set(
                        e, input_gradient_of(tile.dy.vectors[i].get(e), tile.x.vectors[i].get(e),
                                             coefficients[e], gamma[e], through));
                }
            }
            store_columns(tile.x, args.out.dx, columns, thread, span, kColumnDx, staging);
        });
    }
}

}  // namespace jsnorm::gpu
