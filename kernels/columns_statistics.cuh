// SPDX-License-Identifier: Apache-2.0
// Statistics of columns: x -> mean and M2 of every chunk of every column, x read once.
#pragma once

#include "kernels/column_strips.cuh"
#include "kernels/column_tiles.cuh"
#include "kernels/rows_statistics.cuh"

namespace jsnorm::gpu {

template <class T>
struct ColumnsStatistics {
    Columns columns;  // operand 0: x
    global<const T> x;
    global<MeanM2> partials;  // [chunk][column of the whole tensor]
};

// Elements of column `column` of a row in rows [first, first + length).
JSNORM_DEVICE int64_t column_count(const Columns &columns, int64_t column, int64_t first,
                                   int64_t length) {
    const int64_t rows = columns.rows();
    const int64_t end = first + length < rows ? first + length : rows;
    const int64_t missing = end == rows && column >= columns.row_length(rows - 1) ? 1 : 0;
    return end - first - missing;
}

// Calls body(i, e) for the elements that the thread holds.
template <class T, int kRows, class Body>
JSNORM_DEVICE void for_column_elements(const ColumnThread<T> &thread, const ColumnSpan &span,
                                       const Body &body) {
    constexpr int kV = kWidth<T>;
    if (span.direct) {
        JSNORM_UNROLL
        for (int i = 0; i < kRows; ++i) {
            if (holds_row(thread, span, i)) {
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) body(i, e);
            }
        }
    } else {
        JSNORM_UNROLL
        for (int i = 0; i < kRows; ++i) {
            const int length = span.columns_of(i * thread.row_lanes + thread.row);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                if (thread.column() + e < length) body(i, e);
            }
        }
    }
}

// Sums of squares about the pivots, in the range of double: again and scaled where floats do not
// hold them.
template <class T>
JSNORM_DEVICE void rescue_squares(const ColumnThread<T> &thread, const ColumnSpan &span,
                                  const ColumnTile<T, kColumnRows> &tile,
                                  const Compute<T> (&pivot)[kWidth<T>],
                                  const Compute<T> (&squares)[kWidth<T>],
                                  double (&result)[kWidth<T>]) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    bool in_range = true;
    JSNORM_UNROLL
    for (int e = 0; e < kV; ++e) {
        result[e] = static_cast<double>(squares[e]);
        in_range = in_range && square_scale<Acc>(result[e]) == Acc(1);
    }
    if (in_range) return;
    JSNORM_ROLLED
    for (int again = 0; again < 2; ++again) {  // squares too small, then squares too large
        const Acc scale = again == 0 ? square_scale<Acc>(0)
                                     : square_scale<Acc>(std::numeric_limits<double>::infinity());
        Acc scaled[kV] = {};
        for_column_elements<T, kColumnRows>(thread, span, [&](int i, int e) {
            const Acc d = (tile.vectors[i].get(e) - pivot[e]) * scale;
            scaled[e] += d * d;
        });
        const auto factor = static_cast<double>(scale);
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            if (scale != Acc(1) && square_scale<Acc>(static_cast<double>(squares[e])) == scale) {
                result[e] = static_cast<double>(scaled[e]) / factor / factor;
            }
        }
    }
}

// A block takes one chunk of one strip at a time. Per tile: sums, pivots next to the means,
// residuals about the pivots. No float chain has more than kColumnRows terms. Dynamic shared
// memory: staging of kColumnRows vectors a thread, where the plan needs it.
template <class T>
JSNORM_KERNEL(kColumnThreads, 1)
columns_statistics(ColumnsStatistics<T> args) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    JSNORM_SHARED(Acc, sums, kColumnThreads * kV);
    JSNORM_SHARED(Acc, residuals, kColumnThreads * kV);
    JSNORM_SHARED(double, squares, kColumnThreads *kV);
    JSNORM_SHARED(Acc, pivots, kWarp * kV);
    JSNORM_DYNAMIC_SHARED(T, staging);
    const Columns &columns = args.columns;
    const ColumnThread<T> thread(columns);
    const int warp = static_cast<int>(threadIdx.x) / kWarp;
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    const bool owns = warp < kV && lane < columns.lanes;
    const int64_t tile_rows = column_tile(columns.lanes);
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t unit = blockIdx.x; unit < columns.units(); unit += gridDim.x) {
        const auto [chunk, strip] = unit_of<T>(columns, unit);
        const int64_t column = strip.first + lane * kV + warp;  // that this thread merges
        const bool exists = owns && column < columns.row_columns();
        Moments total;
        JSNORM_ROLLED
        for (int step = 0; step < columns.chunk_tiles; ++step) {
            const int64_t first = (chunk * columns.chunk_tiles + step) * tile_rows;
            if (first >= columns.rows()) break;
            const ColumnSpan span = column_span<kColumnRows>(columns, thread, strip, first);
            ColumnTile<T, kColumnRows> tile;
            load_columns<false>(tile, args.x, columns, thread, span, 0, staging);
            Acc chains[kV] = {};
            JSNORM_UNROLL
            for (int i = 0; i < kColumnRows; ++i) {  // what does not exist is 0
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e)
                    chains[e] = add_to_sum(chains[e], tile.vectors[i].get(e));
            }
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) sums[column_slot<T>(e)] = chains[e];
            __syncthreads();
            const int64_t count = exists ? column_count(columns, column, first, tile_rows) : 0;
            Acc pivot = 0;
            if (warp < kV) {
                const double sum = column_total<T>(columns, sums);
                if (count > 0)
                    pivot = static_cast<Acc>(sum * kSumScale / static_cast<double>(count));
                if (owns) pivots[warp * kWarp + lane] = pivot;
            }
            __syncthreads();
            Acc about[kV];
            Acc chain_squares[kV] = {};
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                about[e] = pivots[e * kWarp + thread.lane];
                chains[e] = 0;
            }
            if constexpr (sizeof(Acc) == sizeof(double)) {
                // A double mean of equal numbers may miss them by a bit, whose square can leave the
                // range.
                for_column_elements<T, kColumnRows>(thread, span, [&](int i, int e) {
                    chains[e] += tile.vectors[i].get(e) - about[e];
                });
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) sums[column_slot<T>(e)] = chains[e];
                __syncthreads();
                if (warp < kV) {
                    const double miss = column_total<T>(columns, sums);
                    if (count > 0) pivot += miss / static_cast<double>(count);
                    if (owns) pivots[warp * kWarp + lane] = pivot;
                }
                __syncthreads();
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) {
                    about[e] = pivots[e * kWarp + thread.lane];
                    chains[e] = 0;
                }
            }
            for_column_elements<T, kColumnRows>(thread, span, [&](int i, int e) {
                const Acc d = tile.vectors[i].get(e) - about[e];
                chains[e] += d;
                chain_squares[e] += d * d;
            });
            double rescued[kV];
            rescue_squares(thread, span, tile, about, chain_squares, rescued);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                residuals[column_slot<T>(e)] = chains[e];
                squares[column_slot<T>(e)] = rescued[e];
            }
            __syncthreads();
            if (warp < kV) {
                const double residual = column_total<T>(columns, residuals);
                const double square = column_total<T>(columns, squares);
                if (count > 0) {
                    total =
                        merge(total, moments_about(static_cast<double>(pivot),
                                                   static_cast<double>(count), residual, square));
                }
            }
        }
        if (exists) {
            const int64_t all = columns.outer_count * columns.row_columns();
            store(args.partials + (chunk * all + strip.outer * columns.row_columns() + column),
                  MeanM2{total.mean, total.m2});
        }
    }
}

}  // namespace jsnorm::gpu
