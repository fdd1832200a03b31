// SPDX-License-Identifier: Apache-2.0
// Backward over columns: the sums of the gradient, then dx and dz. Every thread keeps the coefficients
// of its columns in registers.
#pragma once

#include "kernels/columns_apply.cuh"
#include "kernels/rows_backward_tile.cuh"

namespace jsnorm::gpu {

// What every backward kernel of columns reads. Operands: 0 x, 1 dy, 2 dx, 3 dz.
template <class T>
struct ColumnsInput {
    global<const T> x = nullptr;
    global<const T> dy = nullptr;
    Parameters<Compute<T>> parameters;
    Gate gate = Gate::kNone;
    global<const uint32_t> mask = nullptr;
    ForwardArrays<Compute<T>> forward;  // for the gate
};

// Coefficients of a thread's columns: gamma, and what the gate needs.
template <class T>
struct ColumnGate {
    Compute<T> gamma[kWidth<T>] = {};
    Compute<T> beta[kWidth<T>] = {};
    Forward<Compute<T>> forward[kWidth<T>] = {};
};

template <class T>
JSNORM_DEVICE ColumnGate<T> load_gate(const ColumnsInput<T> &in, const Columns &columns,
                                      const ColumnThread<T> &thread, const Strip &strip) {
    ColumnGate<T> gate;
    JSNORM_UNROLL
    for (int e = 0; e < kWidth<T>; ++e) {
        const ColumnCell at = cell_of(columns, strip, thread.column() + e);
        if (at.exists) {
            const int64_t p = parameter_of(columns.parameters, at.cell);
            gate.gamma[e] = load(in.parameters.gamma + p);
            if (in.gate == Gate::kRecompute) {
                gate.beta[e] = load(in.parameters.beta + p);
                gate.forward[e] = load_forward(in.forward, at.cell);
            }
        }
    }
    return gate;
}

template <class T>
struct ColumnGradientTile {
    ColumnTile<T, kPairRows> x;
    ColumnTile<T, kPairRows> dy;
};

// x, and dy behind the activation. A dy that does not exist is 0.
template <bool kLast, class T>
JSNORM_DEVICE void load_gradient_columns(ColumnGradientTile<T> &tile, const ColumnsInput<T> &in,
                                         const Columns &columns, const ColumnThread<T> &thread,
                                         const ColumnSpan &span, const ColumnGate<T> &gate,
                                         shared<T> staging) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    load_columns<kLast>(tile.x, in.x, columns, thread, span, 0, staging);
    load_columns<kLast>(tile.dy, in.dy, columns, thread, span, 1, staging);
    if (in.gate == Gate::kRecompute) {
        JSNORM_UNROLL
        for (int i = 0; i < kPairRows; ++i) {
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                const Acc value = preactivation_of(Acc(widen(tile.x.vectors[i].v[e])),
                                                   gate.forward[e], gate.gamma[e], gate.beta[e]);
                if (!(value > Acc(0))) tile.dy.vectors[i].v[e] = T{};
            }
        }
    } else if (in.gate == Gate::kMask && span.direct) {
        const int64_t base = strip_offset(columns, thread, span, 0);
        const PlanePlace place = place_of(columns.plane, span.first);
        JSNORM_UNROLL
        for (int i = 0; i < kPairRows; ++i) {
            if (holds_row(columns, thread, span, i)) {
                const uint32_t bits = mask_bits(
                    in.mask, base + plane_offset(columns.plane, place,
                                                 i * thread.row_lanes + thread.row, 0));
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) {
                    if ((bits >> e & 1u) == 0) tile.dy.vectors[i].v[e] = T{};
                }
            }
        }
    } else if (in.gate == Gate::kMask) {
        // Through the bits of x's elements: a tile of ones and zeros.
        ColumnTile<T, kPairRows> open;
        gather_columns(open, columns, span, 0, staging, [&](int64_t offset) {
            return mask_bit(in.mask, offset) ? narrow<T>(Acc(1)) : T{};
        });
        JSNORM_UNROLL
        for (int i = 0; i < kPairRows; ++i) {
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                if (!(widen(open.vectors[i].v[e]) > Acc(0))) tile.dy.vectors[i].v[e] = T{};
            }
        }
    }
}

template <class T>
struct ColumnsGradientSums {
    Columns columns;
    ColumnsInput<T> in;
    BackwardArrays<Compute<T>> backward;  // the centre
    global<GradientSums> partials;        // [chunk][column of the whole tensor]
};

// A block takes one chunk of one strip at a time: float chains down its rows, kColumnRows*chunk_tiles
// terms each, which the plan keeps to 256. Dynamic shared memory: staging of kPairRows vectors a
// thread, where the plan needs it.
template <class T>
JSNORM_KERNEL(kColumnThreads, 2)
columns_gradient_sums(ColumnsGradientSums<T> args) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    JSNORM_SHARED(Acc, g_sums, kColumnThreads * kV);
    JSNORM_SHARED(Acc, product_sums, kColumnThreads * kV);
    JSNORM_DYNAMIC_SHARED(T, staging);
    const Columns &columns = args.columns;
    const ColumnThread<T> thread(columns);
    const int warp = static_cast<int>(threadIdx.x) / kWarp;
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    const int64_t strips = columns.outer_count * columns.strips.value;
    const int64_t chunk_rows = column_tile(columns.lanes) * columns.chunk_tiles;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t unit = blockIdx.x; unit < strips * columns.chunks; unit += gridDim.x) {
        const int64_t chunk = unit / strips;
        const Strip strip = strip_of<T>(columns, unit - chunk * strips);
        const ColumnGate<T> gate = load_gate(args.in, columns, thread, strip);
        MeanPair<Acc> centre[kV] = {};
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            const ColumnCell at = cell_of(columns, strip, thread.column() + e);
            if (at.exists) centre[e] = load_centre(args.backward, at.cell);
        }
        Acc g[kV] = {};
        Acc products[kV] = {};
        const int64_t rows = columns.rows();
        const int64_t begin = chunk * chunk_rows;
        const int64_t end = begin + chunk_rows < rows ? begin + chunk_rows : rows;
        JSNORM_ROLLED
        for (int64_t first = begin; first < end; first += int64_t{kPairRows} * thread.row_lanes) {
            const ColumnSpan span = column_span<kPairRows>(columns, thread, strip, first);
            ColumnGradientTile<T> tile;
            load_gradient_columns<false>(tile, args.in, columns, thread, span, gate, staging);
            JSNORM_UNROLL
            for (int i = 0; i < kPairRows; ++i) {
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) {
                    const Acc dy = Acc(widen(tile.dy.vectors[i].v[e]));
                    const Acc x = Acc(widen(tile.x.vectors[i].v[e]));
                    g[e] += dy;
                    products[e] += dy * ((x - centre[e].head) - centre[e].tail);
                }
            }
        }
        __syncthreads();
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            g_sums[column_slot<T>(e)] = g[e];
            product_sums[column_slot<T>(e)] = products[e];
        }
        __syncthreads();
        if (warp < kV) {
            const double g_total = column_total<T>(columns, g_sums);
            const double product_total = column_total<T>(columns, product_sums);
            const int64_t column = strip.first + lane * kV + warp;
            if (lane < columns.lanes && column < columns.row_columns()) {
                const int64_t all = columns.outer_count * columns.row_columns();
                store(args.partials + (chunk * all + strip.outer * columns.row_columns() + column),
                      GradientSums{g_total, product_total});
            }
        }
    }
}

template <class T>
struct ColumnsApplyBackward {
    Columns columns;
    ColumnsInput<T> in;
    BackwardArrays<Compute<T>> backward;
    RowsGradients<T> out;
};

// Chunks, and rows in them, in reverse order: the sums read the last ones last. Dynamic shared memory:
// as columns_gradient_sums.
template <class T>
JSNORM_KERNEL(kColumnThreads, 2)
columns_apply_backward(ColumnsApplyBackward<T> args) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    JSNORM_DYNAMIC_SHARED(T, staging);
    const Columns &columns = args.columns;
    const ColumnThread<T> thread(columns);
    const bool through = args.out.through_statistics != 0;
    const int64_t strips = columns.outer_count * columns.strips.value;
    const int64_t units = strips * columns.chunks;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t done = blockIdx.x; done < units; done += gridDim.x) {
        const int64_t unit = units - 1 - done;
        const int64_t chunk = unit / strips;
        const Strip strip = strip_of<T>(columns, unit - chunk * strips);
        const ColumnGate<T> gate = load_gate(args.in, columns, thread, strip);
        Backward<Acc> of[kV] = {};
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            const ColumnCell at = cell_of(columns, strip, thread.column() + e);
            if (at.exists) of[e] = load_backward(args.backward, at.cell, through);
        }
        const int64_t step = int64_t{kPairRows} * thread.row_lanes;
        const int64_t steps = column_tile(columns.lanes) * columns.chunk_tiles / step;
        JSNORM_ROLLED
        for (int64_t back = 0; back < steps; ++back) {
            const int64_t first = (chunk * steps + (steps - 1 - back)) * step;
            if (first >= columns.rows()) continue;
            const ColumnSpan span = column_span<kPairRows>(columns, thread, strip, first);
            ColumnGradientTile<T> tile;
            load_gradient_columns<true>(tile, args.in, columns, thread, span, gate, staging);
            if (args.out.dz != nullptr) {
                store_columns(tile.dy, args.out.dz, columns, thread, span, 3, staging);
            }
            if (args.out.dx == nullptr) continue;
            JSNORM_UNROLL
            for (int i = 0; i < kPairRows; ++i) {
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) {
                    tile.x.vectors[i].v[e] = narrow<T>(input_gradient_of(
                        Acc(widen(tile.dy.vectors[i].v[e])), Acc(widen(tile.x.vectors[i].v[e])),
                        of[e], gate.gamma[e], through));
                }
            }
            store_columns(tile.x, args.out.dx, columns, thread, span, 2, staging);
        }
    }
}

}  // namespace jsnorm::gpu
