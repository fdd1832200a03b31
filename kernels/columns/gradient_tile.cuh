// SPDX-License-Identifier: Apache-2.0
// A tile of x and dy of columns: the gradient behind the activation, and the coefficients of the
// strip that both backward kernels read.
#pragma once

#include "kernels/columns/strips.cuh"
#include "kernels/columns/tiles.cuh"
#include "kernels/tensor/coefficients.cuh"
#include "kernels/tensor/gradient.cuh"
#include "kernels/tensor/mask.cuh"
#include "kernels/tensor/parameters.cuh"

namespace jsnorm::gpu {

// What both backward kernels of columns read. Operands: 0 x, 1 dy, 2 dx, 3 dz.
template <class T>
struct ColumnsInput {
    global<const T> x = nullptr;
    global<const T> dy = nullptr;
    ParameterArrays<Compute<T>> parameters;
    Gate gate = Gate::kNone;
    global<const uint32_t> mask = nullptr;
    ForwardArrays<Compute<T>> forward;  // for the gate
};

enum ColumnGradientOperand : int { kColumnX, kColumnDy, kColumnDx, kColumnDz };

// The entries of the strip's table. Those of the gate stay there: they are rarely wanted, and
// registers are few.
struct BackwardEntry {
    enum : int {
        kGamma,
        kCentreHead,
        kCentreTail,
        kRstd,
        kB,
        kT,
        kGateHead,
        kGateTail,
        kGateRstd,
        kGateBeta,
        kCount,
        kEndOfCentre = kCentreTail + 1,  // what sums need
        kEndOfTerms = kT + 1,            // what dx needs
    };
};

template <class T>
using BackwardTable = StripTable<Compute<T>, BackwardEntry::kCount, kWidth<T>>;

// An entry of the table for one cell. Entries of the backward coefficients from `end` on are not
// there and 0.
template <class T>
JSNORM_DEVICE Compute<T> backward_entry(const ColumnsInput<T> &in,
                                        const BackwardArrays<Compute<T>> &backward, int end,
                                        const Columns &columns, int entry, int64_t cell) {
    using Entry = BackwardEntry;
    const int64_t p = parameter_of(columns.parameters, cell);
    if (entry == Entry::kGamma) return load(in.parameters.gamma + p);
    if (entry < Entry::kGateHead) {
        if (entry >= end) return Compute<T>(0);
        return load(backward.base + ((entry - Entry::kCentreHead) * backward.count + cell));
    }
    if (in.gate != Gate::kRecompute) return Compute<T>(0);
    if (entry == Entry::kGateBeta) return load(in.parameters.beta + p);
    return load(in.forward.base + ((entry - Entry::kGateHead) * in.forward.count + cell));
}

// Whether ReLU let an element through: the sign of the preactivation, computed as forward did.
template <class T>
JSNORM_DEVICE bool gate_is_open(const BackwardTable<T> &table, int e, int lane, Compute<T> x) {
    using Entry = BackwardEntry;
    const Forward<Compute<T>> coefficients = {
        {table.at(Entry::kGateHead, e, lane), table.at(Entry::kGateTail, e, lane)},
        table.at(Entry::kGateRstd, e, lane)};
    return preactivation_of(x, coefficients, table.at(Entry::kGamma, e, lane),
                            table.at(Entry::kGateBeta, e, lane)) > Compute<T>(0);
}

template <class T>
struct ColumnGradientTile {
    ColumnTile<T, kPairLines> x;
    ColumnTile<T, kPairLines> dy;
};

// dy becomes 0 where the recomputed preactivation is not positive.
template <class T>
JSNORM_DEVICE void gate_by_sign(ColumnGradientTile<T> &tile, const ColumnThread<T> &thread,
                                const ColumnSpan &span, const BackwardTable<T> &table) {
    JSNORM_UNROLL
    for (int i = 0; i < kPairLines; ++i) {
        JSNORM_UNROLL
        for (int e = 0; e < kWidth<T>; ++e) {
            if (thread.column() + e < span.columns &&
                !gate_is_open<T>(table, e, thread.lane, tile.x.vectors[i].get(e))) {
                tile.dy.vectors[i].clear(e);
            }
        }
    }
}

// dy becomes 0 where the mask has no bit. Takes part: every thread of the block.
template <class T>
JSNORM_DEVICE void gate_by_mask(ColumnTile<T, kPairLines> &dy, global<const uint32_t> mask,
                                const Columns &columns, const ColumnThread<T> &thread,
                                const ColumnSpan &span, shared<T> staging) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    if (span.direct) {
        const int64_t base = strip_offset(columns, thread, span, kColumnX);
        const PlanePlace place = place_of(columns.plane, span.first);
        JSNORM_UNROLL
        for (int i = 0; i < kPairLines; ++i) {
            if (holds_vector(thread, span, i)) {
                const uint32_t bits = mask_bits(
                    mask, base + plane_offset(columns.plane, place, thread.line_of(i), kColumnX));
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) {
                    if (((bits >> e) & 1u) == 0) dy.vectors[i].clear(e);
                }
            }
        }
        return;
    }
    // The bits of x's elements as a tile of ones and zeros.
    ColumnTile<T, kPairLines> open;
    gather_columns(open, columns, span, kColumnX, staging, [&](int64_t offset) {
        return mask_bit(mask, offset) ? narrow<T>(Acc(1)) : T{};
    });
    JSNORM_UNROLL
    for (int i = 0; i < kPairLines; ++i) {
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            if (!(open.vectors[i].get(e) > Acc(0))) dy.vectors[i].clear(e);
        }
    }
}

// x, and dy behind the activation. A dy that does not exist is 0.
template <Reuse kReuse, class T>
JSNORM_DEVICE void load_gradient_columns(ColumnGradientTile<T> &tile, const ColumnsInput<T> &in,
                                         const Columns &columns, const ColumnThread<T> &thread,
                                         const ColumnSpan &span, const BackwardTable<T> &table,
                                         shared<T> staging) {
    load_columns<kReuse>(tile.x, in.x, columns, thread, span, kColumnX, staging);
    load_columns<kReuse>(tile.dy, in.dy, columns, thread, span, kColumnDy, staging);
    if (in.gate == Gate::kRecompute) gate_by_sign(tile, thread, span, table);
    if (in.gate == Gate::kMask) gate_by_mask(tile.dy, in.mask, columns, thread, span, staging);
}

}  // namespace jsnorm::gpu
