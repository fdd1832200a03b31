// SPDX-License-Identifier: Apache-2.0
// Backward over columns: the sums of the gradient, then dx and dz. Every thread keeps the
// coefficients of its columns in registers.
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

// What the columns of a strip are computed with.
template <class T>
using BackwardValues = StripValues<Compute<T>, 10, kWidth<T>>;

// The arrays: gamma, then those of a kernel, then those of the gate, which stay in shared memory,
// for they are rarely wanted and registers are few.
inline constexpr int kGammaArray = 0;
inline constexpr int kCentreArrays = 1;  // p, e, rstd, b, t
inline constexpr int kGateArrays = 6;    // head, tail, rstd, beta

template <class T>
JSNORM_DEVICE Compute<T> backward_value(const ColumnsInput<T> &in,
                                        const BackwardArrays<Compute<T>> &backward, bool gates,
                                        int centres, const Columns &columns, int q, int64_t cell) {
    const int64_t p = parameter_of(columns.parameters, cell);
    if (q == kGammaArray) return load(in.parameters.gamma + p);
    if (q < kGateArrays) {
        if (q - kCentreArrays >= centres) return Compute<T>(0);
        return load(backward.base + ((q - kCentreArrays) * backward.count + cell));
    }
    if (!gates) return Compute<T>(0);
    if (q == kGateArrays + 3) return load(in.parameters.beta + p);
    return load(in.forward.base + ((q - kGateArrays) * in.forward.count + cell));
}

template <class T>
JSNORM_DEVICE bool gate_is_open(const BackwardValues<T> &values, int e, int lane, Compute<T> x) {
    const Forward<Compute<T>> of = {
        {values.at(kGateArrays, e, lane), values.at(kGateArrays + 1, e, lane)},
        values.at(kGateArrays + 2, e, lane)};
    return preactivation_of(x, of, values.at(kGammaArray, e, lane),
                            values.at(kGateArrays + 3, e, lane)) > Compute<T>(0);
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
                                         const ColumnSpan &span, const BackwardValues<T> &values,
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
                if (thread.column() + e < span.columns &&
                    !gate_is_open<T>(values, e, thread.lane, tile.x.vectors[i].get(e))) {
                    tile.dy.vectors[i].clear(e);
                }
            }
        }
    } else if (in.gate == Gate::kMask && span.direct) {
        const int64_t base = strip_offset(columns, thread, span, 0);
        const PlanePlace place = place_of(columns.plane, span.first);
        JSNORM_UNROLL
        for (int i = 0; i < kPairRows; ++i) {
            if (holds_row(thread, span, i)) {
                const uint32_t bits =
                    mask_bits(in.mask, base + plane_offset(columns.plane, place,
                                                           i * thread.row_lanes + thread.row, 0));
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) {
                    if ((bits >> e & 1u) == 0) tile.dy.vectors[i].clear(e);
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
                if (!(open.vectors[i].get(e) > Acc(0))) tile.dy.vectors[i].clear(e);
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
    global<T> dz = nullptr;               // laid out as dy, if the gradient behind it is wanted
};

// A block takes one chunk of one strip at a time: float chains down its rows,
// kColumnRows*chunk_tiles terms each, which the plan keeps to 256. Dynamic shared memory: staging
// of kPairRows vectors a thread, where the plan needs it.
template <class T>
JSNORM_KERNEL(kColumnThreads, 1)
columns_gradient_sums(ColumnsGradientSums<T> args) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    JSNORM_SHARED(Acc, g_sums, kColumnThreads * kV);
    JSNORM_SHARED(Acc, product_sums, kColumnThreads * kV);
    JSNORM_SHARED(Acc, strip_values, BackwardValues<T>::kSize);
    JSNORM_DYNAMIC_SHARED(T, staging);
    const BackwardValues<T> values = {strip_values};
    const bool gates = args.in.gate == Gate::kRecompute;
    const Columns &columns = args.columns;
    const ColumnThread<T> thread(columns);
    const int warp = static_cast<int>(threadIdx.x) / kWarp;
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    const int64_t chunk_rows = column_tile(columns.lanes) * columns.chunk_tiles;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t unit = blockIdx.x; unit < columns.units(); unit += gridDim.x) {
        const auto [chunk, strip] = unit_of<T>(columns, unit);
        values.fill(columns, strip, gates ? 10 : 3, [&](int q, int64_t cell) {
            return backward_value(args.in, args.backward, gates, 2, columns, q, cell);
        });
        MeanPair<Acc> centre[kV];
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            centre[e] = {values.at(kCentreArrays, e, thread.lane),
                         values.at(kCentreArrays + 1, e, thread.lane)};
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
            load_gradient_columns<false>(tile, args.in, columns, thread, span, values, staging);
            if (args.dz != nullptr) {
                store_columns(tile.dy, args.dz, columns, thread, span, 1, staging);
            }
            JSNORM_UNROLL
            for (int i = 0; i < kPairRows; ++i) {
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) {
                    const Acc dy = tile.dy.vectors[i].get(e);
                    const Acc x = tile.x.vectors[i].get(e);
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

// Chunks, and rows in them, in reverse order: the sums read the last ones last. Dynamic shared
// memory: as columns_gradient_sums.
template <class T>
JSNORM_KERNEL(kColumnThreads, 1)
columns_apply_backward(ColumnsApplyBackward<T> args) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    JSNORM_SHARED(Acc, strip_values, BackwardValues<T>::kSize);
    JSNORM_DYNAMIC_SHARED(T, staging);
    const BackwardValues<T> values = {strip_values};
    const bool gates = args.in.gate == Gate::kRecompute;
    const Columns &columns = args.columns;
    const ColumnThread<T> thread(columns);
    const bool through = args.out.through_statistics != 0;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t done = blockIdx.x; done < columns.units(); done += gridDim.x) {
        const auto [chunk, strip] = unit_of<T>(columns, columns.units() - 1 - done);
        values.fill(columns, strip, gates ? 10 : 6, [&](int q, int64_t cell) {
            if (!through && q != kCentreArrays + 2 && q > kGammaArray && q < kGateArrays) {
                return Acc(0);  // with fixed statistics rstd alone is there
            }
            return backward_value(args.in, args.backward, gates, 5, columns, q, cell);
        });
        Backward<Acc> of[kV];
        Acc gamma[kV];
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            gamma[e] = values.at(kGammaArray, e, thread.lane);
            of[e] = {{values.at(kCentreArrays, e, thread.lane),
                      values.at(kCentreArrays + 1, e, thread.lane)},
                     values.at(kCentreArrays + 2, e, thread.lane),
                     values.at(kCentreArrays + 3, e, thread.lane),
                     values.at(kCentreArrays + 4, e, thread.lane)};
        }
        const int64_t step = int64_t{kPairRows} * thread.row_lanes;
        const int64_t steps = column_tile(columns.lanes) * columns.chunk_tiles / step;
        JSNORM_ROLLED
        for (int64_t back = 0; back < steps; ++back) {
            const int64_t first = (chunk * steps + (steps - 1 - back)) * step;
            if (first >= columns.rows()) continue;
            const ColumnSpan span = column_span<kPairRows>(columns, thread, strip, first);
            ColumnGradientTile<T> tile;
            load_gradient_columns<true>(tile, args.in, columns, thread, span, values, staging);
            if (args.out.dz != nullptr) {
                store_columns(tile.dy, args.out.dz, columns, thread, span, 3, staging);
            }
            if (args.out.dx == nullptr) continue;
            JSNORM_UNROLL
            for (int i = 0; i < kPairRows; ++i) {
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) {
                    tile.x.vectors[i].set(
                        e, input_gradient_of(tile.dy.vectors[i].get(e), tile.x.vectors[i].get(e),
                                             of[e], gamma[e], through));
                }
            }
            store_columns(tile.x, args.out.dx, columns, thread, span, 2, staging);
        }
    }
}

}  // namespace jsnorm::gpu
