// SPDX-License-Identifier: Apache-2.0
// Backward over columns: x, dy -> dx and dz by coefficients, which the block derives from the
// records, and every thread reads for each tile.
//
// Tiles are taken from the last to the first: the sums read the last ones last.
#pragma once

#include "kernels/columns/gradient_input.cuh"

namespace jsnorm::gpu {

template <class T>
struct ColumnsApplyBackward {
    Columns columns;
    ColumnsInput<T> in;
    BackwardArrays<Compute<T>> backward;
    GradientOutputs<T> out;
    int32_t streams = 0;  // accesses are marked evict-first
};

// The steps of a strip's columns. Through fixed statistics dx is scale * dy.
struct GradientEntry {
    enum : int { kHead, kScale, kSlope, kShift, kCount };
};
template <class T>
using GradientTable = StripTable<T, GradientEntry::kCount>;

// Returns whether the strip can be computed so. Takes part: every thread of the block.
template <class T>
JSNORM_DEVICE bool fill_gradient(const GradientTable<T> &table, const Columns &columns,
                                 const Strip &strip, const GivenParameters<T> &parameters,
                                 const BackwardArrays<Compute<T>> &backward, bool through) {
    using Acc = Compute<T>;
    using Entry = GradientEntry;
    return table.fill(columns, strip, [&](int64_t cell, Acc(&entries)[Entry::kCount]) {
        const Backward<Acc> own = load_backward(backward, cell, through);
        const Acc gamma = gamma_at(parameters.gamma, parameter_of(columns.parameters, cell));
        const GradientStep<Acc> step = gradient_step(own, gamma);
        entries[Entry::kHead] = own.centre.head;
        entries[Entry::kScale] = step.scale;
        entries[Entry::kSlope] = step.slope;
        entries[Entry::kShift] = step.shift;
        return is_exact(step, own, gamma);
    });
}

// Blocks of a multiprocessor: as many as spill no register.
template <class T, ColumnPath kPath>
inline constexpr int kBackwardBlocks = kPath == ColumnPath::kPlain ||
                                               (kPath == ColumnPath::kOptional && sizeof(T) == 2)
                                           ? 2
                                           : 1;

template <class T, ColumnPath kPath>
JSNORM_KERNEL(kColumnThreads, (kBackwardBlocks<T, kPath>))
columns_apply_backward(ColumnsApplyBackward<T> args) {
    using Acc = Compute<T>;
    using Entry = GradientEntry;
    constexpr int kV = kWidth<T>;
    constexpr int kPiece = GradientTable<T>::kPiece;
    using Input = ColumnLines<const T, kPath, ColumnTiles::kNeighbours>;
    using Output = ColumnLines<T, kPath, ColumnTiles::kNeighbours>;
    constexpr bool kPlain = kPath == ColumnPath::kPlain;
    JSNORM_SHARED(Acc, strip_values, GradientTable<T>::kSize);
    JSNORM_SHARED(Acc, gate_values, kPlain ? 1 : StripPreactivation<T>::Table::kSize);
    const Columns &columns = args.columns;
    const ColumnThread thread(columns);
    const bool through = kPlain || args.out.through_statistics != 0;
    const bool streams = kPath != ColumnPath::kAny && args.streams != 0;
    const int64_t units = columns.apply_units();
    ColumnGate<T, kPath> gate(args.in, columns, thread, gate_values);
    PreviousKernel previous;
    for (int64_t done = blockIdx.x; done < units; done += gridDim.x) {
        const ColumnUnit unit = unit_of<T>(columns, units - 1 - done);
        const int64_t tiles = columns.tiles_of_run(unit.part);
        const ColumnWalk walk = apply_walk<T>(columns, thread, unit, tiles);
        Input x(args.in.x, columns, thread, unit.strip, walk, kColumnX);
        Input dy(args.in.dy, columns, thread, unit.strip, walk, kColumnDy);
        Output dx(args.out.dx, columns, thread, unit.strip, walk, kColumnDx);
        Output dz(args.out.dz, columns, thread, unit.strip, walk, kColumnDz);
        // The last tile: the only one that may be cut short.
        const auto move = [&](int by) {
            x.move(by);
            dy.move(by);
            dx.move(by);
            if (!kPlain) dz.move(by);
        };
        move(static_cast<int>(tiles) - 1);
        const int count = walk.count - x.first();
        Pack<T> x_lines[kTileLines];
        Pack<T> dy_lines[kTileLines];
        if (kPath == ColumnPath::kAny || streams) previous.wait();
        load_lines(x_lines, x, count, streams);
        load_lines(dy_lines, dy, count, streams);
        previous.wait();

        // Coefficients: records -> tables of the strip.
        const GradientTable<T> table(strip_values);
        const bool in_one_step =
            fill_gradient(table, columns, unit.strip, args.in.parameters, args.backward, through);
        gate.begin(unit.strip);

        // dx of some lines, in the place of x.
        const auto differentiate = [&](auto &own_x, const auto &own_dy) {
            constexpr int kLines = sizeof(own_x) / sizeof(own_x[0]);
            if (in_one_step) {
                JSNORM_UNROLL
                for (int p = 0; p < GradientTable<T>::kPieces; ++p) {
                    Acc head[kPiece], scale[kPiece], slope[kPiece], shift[kPiece];
                    table.read(columns, thread, Entry::kHead, p, head);
                    table.read(columns, thread, Entry::kScale, p, scale);
                    table.read(columns, thread, Entry::kSlope, p, slope);
                    table.read(columns, thread, Entry::kShift, p, shift);
                    JSNORM_UNROLL
                    for (int k = 0; k < kLines; ++k) {
                        Acc values[kPiece];
                        Acc gradients[kPiece];
                        own_x[k].unpack(values, p * kPiece);
                        own_dy[k].unpack(gradients, p * kPiece);
                        JSNORM_UNROLL
                        for (int e = 0; e < kPiece; ++e) {
                            const Acc rest = std::fma(values[e] - head[e], slope[e], shift[e]);
                            values[e] = through ? std::fma(gradients[e], scale[e], rest)
                                                : gradients[e] * scale[e];
                        }
                        own_x[k].pack(values, p * kPiece);
                    }
                }
                return;
            }
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                if (e >= walk.width) continue;
                const int64_t cell =
                    cell_of(columns, unit.strip, unit.strip.first + thread.lane * kV + e);
                const Backward<Acc> own = load_backward(args.backward, cell, through);
                const Acc gamma =
                    gamma_at(args.in.parameters.gamma, parameter_of(columns.parameters, cell));
                JSNORM_UNROLL
                for (int k = 0; k < kLines; ++k) {
                    own_x[k].set(e, input_gradient_of(own_dy[k].get(e), own_x[k].get(e), own, gamma,
                                                      through));
                }
            }
        };

        const auto finish_tile = [&](auto reuse, int there) {
            gate.close(dy_lines, x_lines, x, there, walk.width);
            if (!kPlain && args.out.dz != nullptr) store_lines<reuse.value>(dy_lines, dz, there);
            if (kPlain || args.out.dx != nullptr) {
                differentiate(x_lines, dy_lines);
                store_lines<reuse.value>(x_lines, dx, there);
            }
        };
        const auto finish_all = [&](auto reuse) {
            finish_tile(reuse, count);
            JSNORM_ROLLED
            while (x.first() > 0 && walk.width > 0) {
                move(-1);
                load_lines<reuse.value>(x_lines, x);
                load_lines<reuse.value>(dy_lines, dy);
                finish_tile(reuse, kTileLines);
            }
        };

        // Tile by tile.
        if (streams) {
            finish_all(ReuseNever());
        } else {
            finish_all(ReuseLater());
        }
        if (walk.partial > 0) {
            Pack<T> last_x[1] = {x.load_partial()};
            Pack<T> last_dy[1] = {dy.load_partial()};
            gate.close_partial(last_dy, last_x, x, walk);
            if (!kPlain && args.out.dz != nullptr) dz.store_partial(last_dy[0]);
            if (kPlain || args.out.dx != nullptr) {
                differentiate(last_x, last_dy);
                dx.store_partial(last_x[0]);
            }
        }
    }
}

}  // namespace jsnorm::gpu
