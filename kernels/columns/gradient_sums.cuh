// SPDX-License-Identifier: Apache-2.0
// The sums that backward needs of columns: dy, x -> the sums of g and of g*(x - centre) of every
// chunk of every column, g being dy behind the activation. dy and x are read once; dz is written on
// the way where it is wanted.
//
// Threads sum g*(x - P), P the head of the centre; what its tail adds is known from the sum of g.
#pragma once

#include "kernels/columns/column_sums.cuh"
#include "kernels/columns/gradient_input.cuh"
#include "kernels/tensor/partials.cuh"

namespace jsnorm::gpu {

template <class T>
struct ColumnsGradientSums {
    Columns columns;
    ColumnsInput<T> in;
    Centres centres;
    global<GradientSums> partials = nullptr;  // [chunk][column of the whole tensor]
    global<T> dz = nullptr;                   // laid out as dy, if the gradient behind it is wanted
};

inline constexpr int kGradientChainLines = 8 * kTileLines;

template <class T, ColumnPath kPath>
JSNORM_KERNEL(kColumnThreads, kPath == ColumnPath::kAny ? 1 : 2)
columns_gradient_sums(ColumnsGradientSums<T> args) {
    using Acc = Compute<T>;
    using Sums = ColumnSums<T>;
    using Heads = StripTable<T, 1>;  // of centres
    constexpr int kV = kWidth<T>;
    constexpr bool kGates = kPath != ColumnPath::kPlain;
    JSNORM_SHARED(SumPair, slots, Sums::kSlots);
    JSNORM_SHARED(SumPair, slices, Sums::kSlices);
    JSNORM_SHARED(Acc, strip_values, kGates ? StripPreactivation<T>::Table::kSize : 1);
    JSNORM_SHARED(Acc, head_values, Heads::kSize);
    const Sums sums = {slots, slices};
    const Heads heads(head_values);
    const Columns &columns = args.columns;
    const ColumnThread thread(columns);
    ColumnGate<T, kPath> gate(args.in, columns, thread, strip_values);
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t index = blockIdx.x; index < columns.units(); index += gridDim.x) {
        const ColumnUnit unit = unit_of<T>(columns, index);
        const ColumnWalk walk = chunk_walk<T>(columns, thread, unit);
        ColumnLines<const T, kPath> x(args.in.x, columns, thread, unit.strip, walk, kColumnX);
        ColumnLines<const T, kPath> dy(args.in.dy, columns, thread, unit.strip, walk, kColumnDy);
        ColumnLines<T, kPath> dz(args.dz, columns, thread, unit.strip, walk, kColumnDy);
        sums.clear();
        gate.begin(unit.strip);
        Acc centre[kV];
        heads.fill(columns, unit.strip, [&](int64_t cell, Acc(&head)[1]) {
            head[0] = centre_of<Acc>(args.centres, cell).head;
            return true;
        });
        JSNORM_UNROLL
        for (int p = 0; p < Heads::kPieces; ++p) {
            Acc piece[Heads::kPiece];
            heads.read(columns, thread, 0, p, piece);
            JSNORM_UNROLL
            for (int e = 0; e < Heads::kPiece; ++e) centre[p * Heads::kPiece + e] = piece[e];
        }

        // Down the lines.
        Acc g[kV] = {};
        Acc products[kV] = {};
        const auto add = [&](const Pack<T> &own_x, const Pack<T> &own_dy, int columns_there) {
            Acc x_values[kV];
            Acc dy_values[kV];
            own_x.unpack(x_values);
            own_dy.unpack(dy_values);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                if (e < columns_there) {
                    g[e] += dy_values[e];
                    products[e] = std::fma(dy_values[e], x_values[e] - centre[e], products[e]);
                }
            }
        };
        const auto add_tile = [&](int count) {
            Pack<T> x_lines[kTileLines];
            Pack<T> dy_lines[kTileLines];
            load_lines<Reuse::kLater>(x_lines, x, count);
            load_lines<Reuse::kLater>(dy_lines, dy, count);
            gate.close(dy_lines, x_lines, x, count, walk.width);
            if (kGates && args.dz != nullptr) store_lines<Reuse::kLater>(dy_lines, dz, count);
            JSNORM_UNROLL
            for (int k = 0; k < kTileLines; ++k) {
                if (k < count) add(x_lines[k], dy_lines[k], kV);
            }
        };
        int left = walk.count;
        JSNORM_ROLLED
        for (; left >= kTileLines; left -= kTileLines) {
            add_tile(kTileLines);
            x.move(1);
            dy.move(1);
            if (kGates) dz.move(1);
            const bool chain_ends = x.first() % kGradientChainLines == 0;
            if (chain_ends) sums.add(g, products);
        }
        if (left > 0) add_tile(left);
        if (walk.partial > 0) {
            const Pack<T> last_x[1] = {x.load_partial()};
            Pack<T> last_dy[1] = {dy.load_partial()};
            gate.close_partial(last_dy, last_x, x, walk);
            if (kGates && args.dz != nullptr) dz.store_partial(last_dy[0]);
            add(last_x[0], last_dy[0], walk.partial);
        }
        sums.add(g, products);

        // Over the threads of each column, and about the whole centre.
        sums.total(
            columns, [](int) { return 0; },
            [&](int column, const SumPair &total, int) {
                const int64_t in_line = unit.strip.first + column;
                if (in_line >= columns.line_columns) return;
                const MeanPair<Acc> own =
                    centre_of<Acc>(args.centres, cell_of(columns, unit.strip, in_line));
                store(args.partials + partial_of(columns, unit, column), about_centre(total, own));
            });
    }
}

}  // namespace jsnorm::gpu
