// SPDX-License-Identifier: Apache-2.0
// Forward over columns: x -> y = act(gamma*xhat + beta + z) by coefficients, which the block
// derives from the records, and every thread reads for each tile.
//
// Tiles are taken from the last to the first: the statistics read the last ones last, so that they
// may still be in the L2 cache.
#pragma once

#include "kernels/columns/coefficients.cuh"
#include "kernels/columns/lines.cuh"
#include "kernels/tensor/mask.cuh"

namespace jsnorm::gpu {

// Operands: 0 x, 1 z, 2 y.
template <class T>
struct ColumnsApplyForward {
    Columns columns;
    global<const T> x = nullptr;
    global<const T> z = nullptr;
    global<T> y = nullptr;
    GivenParameters<T> parameters;
    ForwardArrays<Compute<T>> coefficients;
    int32_t relu = 0;
    int32_t whole_words = 0;  // of the mask: 32/kWidth<T> neighbouring threads own one
    global<uint32_t> mask = nullptr;
    int32_t streams = 0;  // accesses are marked evict-first
};

enum ColumnForwardOperand : int { kForwardX, kForwardZ, kForwardY };

// Writes the mask of 16 bytes of x at `offset`, of which `count` elements are there. Takes part:
// every thread of the warp.
template <class T, ColumnPath kPath>
JSNORM_DEVICE void store_column_mask(const ColumnsApplyForward<T> &args, int64_t offset,
                                     uint32_t positive, int count) {
    if (args.whole_words != 0) {
        write_mask<T>(args.mask, offset, positive, count > 0);
    } else if (kPath != ColumnPath::kAny && count == kWidth<T>) {
        merge_mask(args.mask, offset, positive);
    } else {
        JSNORM_UNROLL
        for (int e = 0; e < kWidth<T>; ++e) {
            if (e < count) merge_mask(args.mask, offset + e, (positive >> e) & 1u);
        }
    }
}

// Blocks of a multiprocessor: as many as spill no register.
template <class T, ColumnPath kPath>
inline constexpr int kForwardBlocks = kPath == ColumnPath::kPlain ||
                                              (kPath == ColumnPath::kOptional && sizeof(T) > 2)
                                          ? 2
                                          : 1;

template <class T, ColumnPath kPath>
JSNORM_KERNEL(kColumnThreads, (kForwardBlocks<T, kPath>))
columns_apply_forward(ColumnsApplyForward<T> args) {
    using Acc = Compute<T>;
    using Preactivation = StripPreactivation<T>;
    constexpr int kV = kWidth<T>;
    constexpr int kPiece = Preactivation::Table::kPiece;
    using Input = ColumnLines<const T, kPath, ColumnTiles::kNeighbours>;
    using Output = ColumnLines<T, kPath, ColumnTiles::kNeighbours>;
    constexpr bool kPlain = kPath == ColumnPath::kPlain;
    JSNORM_SHARED(Acc, strip_values, Preactivation::Table::kSize);
    Preactivation preactivation(strip_values);
    const Columns &columns = args.columns;
    const ColumnThread thread(columns);
    const bool adds = !kPlain && args.z != nullptr;
    const bool masks = !kPlain && args.mask != nullptr;
    const bool streams = kPath != ColumnPath::kAny && args.streams != 0;
    const int64_t units = columns.apply_units();
    PreviousKernel previous;
    for (int64_t done = blockIdx.x; done < units; done += gridDim.x) {
        const ColumnUnit unit = unit_of<T>(columns, units - 1 - done);
        const int64_t tiles = columns.tiles_of_run(unit.part);
        const ColumnWalk walk = apply_walk<T>(columns, thread, unit, tiles);
        Input x(args.x, columns, thread, unit.strip, walk, kForwardX);
        Input z(args.z, columns, thread, unit.strip, walk, kForwardZ);
        Output y(args.y, columns, thread, unit.strip, walk, kForwardY);
        // The last tile: the only one that may be cut short.
        x.move(static_cast<int>(tiles) - 1);
        y.move(static_cast<int>(tiles) - 1);
        if (adds) z.move(static_cast<int>(tiles) - 1);
        const int count = walk.count - x.first();
        Pack<T> lines[kTileLines];
        Pack<T> residual[kTileLines];
        if (kPath == ColumnPath::kAny || streams) previous.wait();
        load_lines(lines, x, count, streams);
        if (adds) load_lines(residual, z, count, streams);
        previous.wait();

        // Coefficients: records -> table of the strip.
        preactivation.fill(columns, unit.strip, args.coefficients, args.parameters);

        // x and z -> y of `kLines` lines; bits of the elements that are positive.
        const auto apply = [&](auto &own, const auto &others, auto &positive) {
            constexpr int kLines = sizeof(own) / sizeof(own[0]);
            const auto finish = [&](Acc value, int k, int e) {
                if (adds) value += others[k].get(e);
                if (masks) positive[k] |= (value > Acc(0) ? 1u : 0u) << e;
                return args.relu != 0 ? positive_part(value) : value;
            };
            if (preactivation.in_one_step()) {
                JSNORM_UNROLL
                for (int p = 0; p < Preactivation::Table::kPieces; ++p) {
                    Acc values[kLines][kPiece];
                    JSNORM_UNROLL
                    for (int k = 0; k < kLines; ++k) own[k].unpack(values[k], p * kPiece);
                    preactivation.preactivate(columns, thread, p, values);
                    JSNORM_UNROLL
                    for (int k = 0; k < kLines; ++k) {
                        JSNORM_UNROLL
                        for (int e = 0; e < kPiece; ++e) {
                            values[k][e] = finish(values[k][e], k, p * kPiece + e);
                        }
                        own[k].pack(values[k], p * kPiece);
                    }
                }
                return;
            }
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                Acc values[kLines];
                JSNORM_UNROLL
                for (int k = 0; k < kLines; ++k) values[k] = own[k].get(e);
                preactivate_column(columns, unit.strip, unit.strip.first + thread.lane * kV + e,
                                   args.coefficients, args.parameters, values);
                JSNORM_UNROLL
                for (int k = 0; k < kLines; ++k) own[k].set(e, finish(values[k], k, e));
            }
        };

        const auto finish_tile = [&](auto reuse, int there) {
            uint32_t positive[kTileLines] = {};
            apply(lines, residual, positive);
            store_lines<reuse.value>(lines, y, there);
            if constexpr (!kPlain) {
                if (!masks) return;
                JSNORM_UNROLL
                for (int k = 0; k < kTileLines; ++k) {
                    store_column_mask<T, kPath>(args, x.offset(k), positive[k],
                                                k < there ? walk.width : 0);
                }
            }
        };
        const auto finish_all = [&](auto reuse) {
            finish_tile(reuse, count);
            JSNORM_ROLLED
            while (x.first() > 0 && (masks || walk.width > 0)) {
                x.move(-1);
                y.move(-1);
                if (adds) z.move(-1);
                const int all = masks && walk.width == 0 ? 0 : kTileLines;
                load_lines<reuse.value>(lines, x, all);
                if (adds) load_lines<reuse.value>(residual, z, all);
                finish_tile(reuse, all);
            }
        };

        // Tile by tile.
        if (streams) {
            finish_all(ReuseNever());
        } else {
            finish_all(ReuseLater());
        }
        if (walk.partial > 0) {
            Pack<T> last[1] = {x.load_partial()};
            Pack<T> last_residual[1] = {};
            if (adds) last_residual[0] = z.load_partial();
            uint32_t positive[1] = {};
            apply(last, last_residual, positive);
            y.store_partial(last[0]);
            if (masks) {  // in words that are shared: see owns_mask_words()
                store_column_mask<T, kPath>(args, x.offset(walk.count - x.first()), positive[0],
                                            walk.partial);
            }
        }
    }
}

}  // namespace jsnorm::gpu
