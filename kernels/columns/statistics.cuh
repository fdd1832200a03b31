// SPDX-License-Identifier: Apache-2.0
// Statistics of columns: x -> mean and M2 of every chunk of every column, x read once.
//
// Every thread sums d = x - pivot and d^2 about a pivot of its own, the mean of the first lines
// that it sees (docs/math.md, section 2). Chains of floats have kChainLines terms: longer ones show
// where all squares are alike. What a pivot, or the range of squares in float, has spoiled is
// noticed at the end, and the thread then takes its sums again. The block merges its threads once.
#pragma once

#include <bit>
#include <limits>

#include "kernels/columns/column_sums.cuh"
#include "kernels/columns/lines.cuh"
#include "kernels/tensor/partials.cuh"

namespace jsnorm::gpu {

template <class T>
struct ColumnsStatistics {
    Columns columns;  // operand 0: x
    global<const T> x;
    global<MeanM2> partials;  // [chunk][column of the whole tensor]
};

inline constexpr int kStatisticsLines = 2 * kTileLines;  // in flight
inline constexpr int kChainLines = 2 * kStatisticsLines;

// Residuals are summed as (x - pivot) * scale. Squares of floats leave their range long before the
// floats do. Where x may have float's range, the first pass scales up, so that squares vanish only
// where no residual counts; sums that are not finite, or tiny, are taken again.
template <class T>
struct ResidualScale {
    using Acc = Compute<T>;
    static constexpr Acc kFirst = kHasWideRange<T> ? Acc(0x1p32) : Acc(1);
    static constexpr Acc kUp = Acc(0x1p100);
    static constexpr Acc kDown = Acc(0x1p-72);
    // Beyond it a pivot is 0: scaled, it would leave the range itself.
    static constexpr Acc kMostPivot =
        kHasWideRange<T> ? Acc(0x1p90) : std::numeric_limits<Acc>::max();

    JSNORM_DEVICE static double inverse(Acc scale) {
        return scale == kFirst ? 1 / static_cast<double>(kFirst) : scale == kUp ? 0x1p-100 : 0x1p72;
    }
};

template <class Acc>
struct ColumnPivot {
    Acc pivot;
    Acc scale;
};

// Whether the sums of `count` elements are to be taken again, and how.
template <class T>
JSNORM_DEVICE bool improve(ColumnPivot<Compute<T>> &about, const SumPair &sums, double count) {
    using Acc = Compute<T>;
    using Scale = ResidualScale<T>;
    if (count == 0) return false;
    if (!are_finite(sums)) {
        if (!kHasWideRange<T> || about.scale == Scale::kDown) return false;
        about.scale = Scale::kDown;
        return true;
    }
    const ColumnPivot<Acc> before = about;
    const double shift = sums.first / count;
    if (is_bad_pivot(sums, shift)) {
        about.pivot += static_cast<Acc>(shift * Scale::inverse(about.scale));
    }
    const bool tiny = sums.second < 0x1p-80 && (sums.second != 0 || sums.first != 0);
    if (kHasWideRange<T> && tiny && about.scale == Scale::kFirst) about.scale = Scale::kUp;
    return about.pivot != before.pivot || about.scale != before.scale;
}

// A number of few bits near `value`.
JSNORM_DEVICE float coarse(float value) {
    return std::bit_cast<float>(std::bit_cast<uint32_t>(value) & 0xffe00000u);
}
JSNORM_DEVICE double coarse(double value) {
    return std::bit_cast<double>(std::bit_cast<uint64_t>(value) & 0xfffc000000000000u);
}

// Near the mean of the lines that are there, and a coarse step from the first one: elements that
// lie on a grid have residuals of few bits, whose sums are exact.
template <class T, int kLines>
JSNORM_DEVICE void take_pivots(Compute<T> (&pivots)[kWidth<T>], const Pack<T> (&lines)[kLines],
                               int count) {
    using Acc = Compute<T>;
    const Acc share = Acc(1) / static_cast<Acc>(count < kLines ? count : kLines);
    JSNORM_UNROLL
    for (int i = 0; i < kLines; ++i) {
        const Pack<T> line = opaque(lines[i]);
        const Pack<T> first = opaque(lines[0]);
        JSNORM_UNROLL
        for (int e = 0; e < kWidth<T>; ++e) {
            if (i == 0) pivots[e] = 0;
            if (i > 0 && i < count) pivots[e] += line.get(e) - first.get(e);
        }
    }
    const Pack<T> first = opaque(lines[0]);
    JSNORM_UNROLL
    for (int e = 0; e < kWidth<T>; ++e) {
        const Acc pivot = first.get(e) + coarse(pivots[e] * share);
        pivots[e] = std::fabs(pivot) <= ResidualScale<T>::kMostPivot ? pivot : Acc(0);
    }
}

// The sums of column e of a thread, once more: as the first time, element by element.
template <class T, class Lines>
JSNORM_DEVICE SumPair sum_again(Lines x, int e, int count, const ColumnPivot<Compute<T>> &about) {
    using Acc = Compute<T>;
    SumPair total = {0, 0};
    Acc sum = 0;
    Acc squares = 0;
    const Acc offset = -about.pivot * about.scale;
    x.move(-x.first() / kTileLines);
    JSNORM_ROLLED
    for (int done = 0; done < count; done += kStatisticsLines) {
        T elements[kStatisticsLines];
        JSNORM_UNROLL
        for (int k = 0; k < kStatisticsLines; ++k) {
            elements[k] = done + k < count ? x.load_element(k, e) : T{};
        }
        JSNORM_UNROLL
        for (int k = 0; k < kStatisticsLines; ++k) {
            if (done + k < count) {
                const Acc d = std::fma(Acc(widen(elements[k])), about.scale, offset);
                sum += d;
                squares = std::fma(d, d, squares);
            }
        }
        x.move(kStatisticsLines / kTileLines);
        if (done % kChainLines == 0 && done + kStatisticsLines < count) continue;
        total = {total.first + static_cast<double>(sum),
                 total.second + static_cast<double>(squares)};
        sum = 0;
        squares = 0;
    }
    return total;
}

// Blocks of a multiprocessor: as many as spill no register.
template <class T, ColumnPath kPath>
inline constexpr int kStatisticsBlocks = kPath == ColumnPath::kAny ? 1
                                         : sizeof(T) == 2          ? 2
                                                                   : 3;

template <class T, ColumnPath kPath>
JSNORM_KERNEL(kColumnThreads, (kStatisticsBlocks<T, kPath>))
columns_statistics(ColumnsStatistics<T> args) {
    using Acc = Compute<T>;
    using Sums = ColumnSums<T>;
    using Scale = ResidualScale<T>;
    constexpr int kV = kWidth<T>;
    constexpr int kOperandX = 0;
    JSNORM_SHARED(SumPair, slots, Sums::kSlots);
    JSNORM_SHARED(SumPair, slices, Sums::kSlices);
    JSNORM_SHARED(Acc, pivots, Sums::kSlots);
    const Sums sums = {slots, slices};
    const Columns &columns = args.columns;
    const ColumnThread thread(columns);
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t index = blockIdx.x; index < columns.units(); index += gridDim.x) {
        const ColumnUnit own_unit = unit_of<T>(columns, index);
        const ColumnWalk walk = chunk_walk<T>(columns, thread, own_unit);
        ColumnLines<const T, kPath> x(args.x, columns, thread, own_unit.strip, walk, kOperandX);
        sums.clear();

        // Down the lines. Pivots come from the first ones.
        Acc offset[kV] = {};  // -pivot * scale
        Acc chain[kV] = {};
        Acc squares[kV] = {};
        const auto begin = [&](const auto &lines, int count) {
            take_pivots<T>(offset, lines, count);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                pivots[Sums::slot(e)] = offset[e];
                offset[e] = -offset[e] * Scale::kFirst;
            }
        };
        const auto add = [&](const Pack<T> &line, int columns_there) {
            Acc values[kV];
            line.unpack(values);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                if (e >= columns_there) continue;
                const Acc d = Scale::kFirst == Acc(1)
                                  ? values[e] + offset[e]
                                  : std::fma(values[e], Scale::kFirst, offset[e]);
                chain[e] += d;
                squares[e] = std::fma(d, d, squares[e]);
            }
        };
        constexpr int kTilesInFlight = kStatisticsLines / kTileLines;
        int left = walk.count;
        JSNORM_ROLLED
        while (left > 0) {  // at most twice: at the beginning and at the end
            Pack<T> some[kStatisticsLines];
            load_lines<Reuse::kLater>(some, x, left);
            if (left == walk.count) begin(some, left);
            JSNORM_UNROLL
            for (int k = 0; k < kStatisticsLines; ++k) {
                if (k < left) add(some[k], kV);
            }
            left -= kStatisticsLines;
            if (left > 0) x.move(kTilesInFlight);
            JSNORM_ROLLED
            for (; left >= kStatisticsLines; left -= kStatisticsLines) {
                Pack<T> lines[kStatisticsLines];
                load_lines<Reuse::kLater>(lines, x);
                x.move(kTilesInFlight);
                JSNORM_UNROLL
                for (int k = 0; k < kStatisticsLines; ++k) add(lines[k], kV);
                const bool chain_ends = x.first() % kChainLines == 0;
                if (chain_ends) sums.add(chain, squares);
            }
        }
        if (walk.partial > 0) {
            const Pack<T> lines[1] = {x.load_partial()};
            if (walk.count == 0) begin(lines, 1);
            add(lines[0], walk.partial);
        }
        if (walk.count == 0 && walk.partial == 0) {
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) pivots[Sums::slot(e)] = 0;
        }
        sums.add(chain, squares);

        // Sums that a pivot or a range has spoiled are taken again. Then they are unscaled.
        JSNORM_ROLLED
        for (int e = 0; e < kV; ++e) {
            const int count = walk.elements_of(e);
            if (count == 0) continue;
            SumPair own = sums.get(e);
            ColumnPivot<Acc> about = {pivots[Sums::slot(e)], Scale::kFirst};
            constexpr int kMostRepetitions = 3;  // for the scale, the pivot, and the scale again
            JSNORM_ROLLED
            for (int again = 0; again < kMostRepetitions && improve<T>(about, own, count);
                 ++again) {
                own = sum_again<T>(x, e, count, about);
                pivots[Sums::slot(e)] = about.pivot;
            }
            const double inverse = Scale::inverse(about.scale);
            const double nan_or_zero = own.first - own.first;  // NaN: of an infinity, too
            sums.set(e, {own.first * inverse + nan_or_zero, own.second * inverse * inverse});
        }

        // All threads of a column, about the pivot of the topmost one.
        __syncthreads();
        const ColumnUnit unit = unit_of<T>(columns, opaque(index));
        const int lane = opaque(static_cast<int>(threadIdx.x)) % columns.lanes;
        JSNORM_ROLLED
        for (int e = 0; e < kV; ++e) {
            const double count = walk.elements_of(e);
            if (count == 0) continue;
            const auto pivot = static_cast<double>(Acc(pivots[Sums::slot(e)]));
            const auto common = static_cast<double>(Acc(pivots[e * Sums::kStride + lane]));
            const double shift = pivot - common;
            const SumPair own = sums.get(e);
            sums.set(e, {own.first + count * shift,
                         own.second + shift * (2 * own.first + count * shift)});
        }
        sums.total(
            columns,
            [&](int column) {
                return static_cast<double>(Acc(pivots[column % kV * Sums::kStride + column / kV]));
            },
            [&](int column, const SumPair &total, double pivot) {
                if (unit.strip.first + column >= columns.line_columns) return;
                const double count = column_count(columns, unit, column);
                const Moments moments =
                    count > 0 ? moments_about(pivot, count, total.first, total.second) : Moments{};
                store(args.partials + partial_of(columns, unit, column),
                      MeanM2{moments.mean, moments.m2});
            });
    }
}

}  // namespace jsnorm::gpu
