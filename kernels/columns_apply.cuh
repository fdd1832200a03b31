// SPDX-License-Identifier: Apache-2.0
// Forward over columns: x -> y by coefficients. Every thread keeps those of its columns in
// registers.
#pragma once

#include "kernels/coefficients.cuh"
#include "kernels/column_strips.cuh"
#include "kernels/column_tiles.cuh"
#include "kernels/mask.cuh"
#include "kernels/rows_apply.cuh"

namespace jsnorm::gpu {

// Rows at a time where there are two tensors: half of what statistics hold.
inline constexpr int kPairRows = kColumnRows / 2;

// Operands: 0 x, 1 z, 2 y.
template <class T>
struct ColumnsApplyForward {
    Columns columns;
    global<const T> x = nullptr;
    global<const T> z = nullptr;
    global<T> y = nullptr;
    Parameters<Compute<T>> parameters;
    ForwardArrays<Compute<T>> coefficients;
    int32_t relu = 0;
    int32_t whole_words = 0;  // of the mask: 32/kWidth<T> neighbouring threads own one
    global<uint32_t> mask = nullptr;
};

// The bits of a tile: `positive` has those of each vector. Every thread of the block takes part.
template <class T>
JSNORM_DEVICE void store_column_mask(const uint32_t (&positive)[kPairRows],
                                     const ColumnsApplyForward<T> &args,
                                     const ColumnThread<T> &thread, const ColumnSpan &span,
                                     shared<T> staging) {
    const Columns &columns = args.columns;
    if (span.direct) {
        const int64_t base = strip_offset(columns, thread, span, 0);
        const PlanePlace place = place_of(columns.plane, span.first);
        JSNORM_UNROLL
        for (int i = 0; i < kPairRows; ++i) {
            const bool inside = holds_row(thread, span, i);
            const int64_t offset =
                base + plane_offset(columns.plane, place, i * thread.row_lanes + thread.row, 0);
            if (args.whole_words != 0) {
                write_mask<T>(args.mask, offset, positive[i], inside);
            } else if (inside) {
                merge_mask(args.mask, offset, positive[i]);
            }
        }
        return;
    }
    const shared<unsigned char> bytes = shared_cast<unsigned char>(staging);
    __syncthreads();
    JSNORM_UNROLL
    for (int i = 0; i < kPairRows; ++i) {
        bytes[i * kColumnThreads + static_cast<int>(threadIdx.x)] =
            static_cast<unsigned char>(positive[i]);
    }
    __syncthreads();
    for_staged<T, kPairRows>(columns, span, 0, [&](bool exists, int64_t offset, int index) {
        if (!exists) return;
        const unsigned bits = static_cast<unsigned char>(bytes[index / kWidth<T>]);
        merge_mask(args.mask, offset, bits >> (index % kWidth<T>)&1u);
    });
}

// Chunks, and rows in them, in reverse order: the statistics read the last ones last. Dynamic
// shared memory: staging of kPairRows vectors a thread, where the plan needs it.
template <class T>
JSNORM_KERNEL(kColumnThreads, 1)
columns_apply_forward(ColumnsApplyForward<T> args) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    using Values = StripValues<Acc, 5, kV>;
    JSNORM_SHARED(Acc, strip_values, Values::kSize);
    JSNORM_DYNAMIC_SHARED(T, staging);
    const Values coefficients = {strip_values};
    const Columns &columns = args.columns;
    const ColumnThread<T> thread(columns);
    const bool adds = args.z != nullptr;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t done = blockIdx.x; done < columns.units(); done += gridDim.x) {
        const auto [chunk, strip] = unit_of<T>(columns, columns.units() - 1 - done);
        coefficients.fill(columns, strip, 5, [&](int q, int64_t cell) {
            const int64_t p = parameter_of(columns.parameters, cell);
            if (q < 3) return load(args.coefficients.base + (q * args.coefficients.count + cell));
            return load((q == 3 ? args.parameters.gamma : args.parameters.beta) + p);
        });
        Forward<Acc> of[kV];
        Acc gamma[kV];
        Acc beta[kV];
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            of[e] = {{coefficients.at(0, e, thread.lane), coefficients.at(1, e, thread.lane)},
                     coefficients.at(2, e, thread.lane)};
            gamma[e] = coefficients.at(3, e, thread.lane);
            beta[e] = coefficients.at(4, e, thread.lane);
        }
        const int64_t step = int64_t{kPairRows} * thread.row_lanes;
        const int64_t steps = column_tile(columns.lanes) * columns.chunk_tiles / step;
        JSNORM_ROLLED
        for (int64_t back = 0; back < steps; ++back) {
            const int64_t first = (chunk * steps + (steps - 1 - back)) * step;
            if (first >= columns.rows()) continue;
            const ColumnSpan span = column_span<kPairRows>(columns, thread, strip, first);
            ColumnTile<T, kPairRows> x;
            ColumnTile<T, kPairRows> z;
            load_columns<true>(x, args.x, columns, thread, span, 0, staging);
            if (adds) load_columns<true>(z, args.z, columns, thread, span, 1, staging);
            uint32_t positive[kPairRows];
            JSNORM_UNROLL
            for (int i = 0; i < kPairRows; ++i) {
                positive[i] = 0;
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) {
                    Acc value = preactivation_of(x.vectors[i].get(e), of[e], gamma[e], beta[e]);
                    if (adds) value += z.vectors[i].get(e);
                    positive[i] |= (value > Acc(0) ? 1u : 0u) << e;
                    x.vectors[i].set(e, args.relu != 0 ? relu(value) : value);
                }
            }
            store_columns(x, args.y, columns, thread, span, 2, staging);
            if (args.mask != nullptr) store_column_mask(positive, args, thread, span, staging);
        }
    }
}

}  // namespace jsnorm::gpu
