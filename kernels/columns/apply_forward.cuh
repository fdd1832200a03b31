// SPDX-License-Identifier: Apache-2.0
// Forward over columns: x -> y = act(gamma*xhat + beta + z) by coefficients. Every thread keeps the
// coefficients of its columns in registers.
//
// Chunks, and tiles in them, are taken in reverse order: the statistics read the last ones last, so
// that they may still be in the L2 cache.
#pragma once

#include "kernels/columns/strips.cuh"
#include "kernels/columns/tiles.cuh"
#include "kernels/tensor/coefficients.cuh"
#include "kernels/tensor/mask.cuh"
#include "kernels/tensor/parameters.cuh"

namespace jsnorm::gpu {

// Operands: 0 x, 1 z, 2 y.
template <class T>
struct ColumnsApplyForward {
    Columns columns;
    global<const T> x = nullptr;
    global<const T> z = nullptr;
    global<T> y = nullptr;
    ParameterArrays<Compute<T>> parameters;
    ForwardArrays<Compute<T>> coefficients;
    int32_t relu = 0;
    int32_t whole_words = 0;  // of the mask: 32/kWidth<T> neighbouring threads own one
    global<uint32_t> mask = nullptr;
};

// The entries of the strip's table.
struct ForwardEntry {
    enum : int { kHead, kTail, kRstd, kGamma, kBeta, kCount };
};

// Writes the mask of a tile; `positive` has the bits of each vector. Takes part: every thread of
// the block.
template <class T>
JSNORM_DEVICE void store_column_mask(const uint32_t (&positive)[kPairLines],
                                     const ColumnsApplyForward<T> &args,
                                     const ColumnThread<T> &thread, const ColumnSpan &span,
                                     shared<T> staging) {
    constexpr int kOperandX = 0;
    const Columns &columns = args.columns;
    if (span.direct) {
        const int64_t base = strip_offset(columns, thread, span, kOperandX);
        const PlanePlace place = place_of(columns.plane, span.first);
        JSNORM_UNROLL
        for (int i = 0; i < kPairLines; ++i) {
            const bool inside = holds_vector(thread, span, i);
            const int64_t offset =
                base + plane_offset(columns.plane, place, thread.line_of(i), kOperandX);
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
    for (int i = 0; i < kPairLines; ++i) {
        bytes[i * kColumnThreads + static_cast<int>(threadIdx.x)] =
            static_cast<unsigned char>(positive[i]);
    }
    __syncthreads();
    for_staged<T, kPairLines>(
        columns, span, kOperandX, [&](bool exists, int64_t offset, int index) {
            if (!exists) return;
            const unsigned bits = static_cast<unsigned char>(bytes[index / kWidth<T>]);
            merge_mask(args.mask, offset, (bits >> (index % kWidth<T>)) & 1u);
        });
}

// Dynamic shared memory: staging of kPairLines vectors a thread, where the plan needs it.
template <class T>
JSNORM_KERNEL(kColumnThreads, 1)
columns_apply_forward(ColumnsApplyForward<T> args) {
    using Acc = Compute<T>;
    using Entry = ForwardEntry;
    constexpr int kV = kWidth<T>;
    enum : int { kOperandX, kOperandZ, kOperandY };
    using Table = StripTable<Acc, Entry::kCount, kV>;
    JSNORM_SHARED(Acc, strip_values, Table::kSize);
    JSNORM_DYNAMIC_SHARED(T, staging);
    const Table table = {strip_values};
    const Columns &columns = args.columns;
    const ColumnThread<T> thread(columns);
    const bool adds = args.z != nullptr;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t done = blockIdx.x; done < columns.units(); done += gridDim.x) {
        const ColumnUnit unit = unit_of<T>(columns, columns.units() - 1 - done);

        // Coefficients: memory -> table of the strip -> registers of each thread.
        table.fill(columns, unit.strip, Entry::kCount, [&](int entry, int64_t cell) {
            const int64_t p = parameter_of(columns.parameters, cell);
            if (entry == Entry::kGamma) return load(args.parameters.gamma + p);
            if (entry == Entry::kBeta) return load(args.parameters.beta + p);
            return load(args.coefficients.base + (entry * args.coefficients.count + cell));
        });
        Forward<Acc> coefficients[kV];
        Acc gamma[kV];
        Acc beta[kV];
        JSNORM_UNROLL
        for (int e = 0; e < kV; ++e) {
            coefficients[e] = {
                {table.at(Entry::kHead, e, thread.lane), table.at(Entry::kTail, e, thread.lane)},
                table.at(Entry::kRstd, e, thread.lane)};
            gamma[e] = table.at(Entry::kGamma, e, thread.lane);
            beta[e] = table.at(Entry::kBeta, e, thread.lane);
        }

        // x and z -> y, tile by tile.
        for_tiles_backwards<kPairLines>(columns, thread, unit, [&](const ColumnSpan &span) {
            ColumnTile<T, kPairLines> x;
            ColumnTile<T, kPairLines> z;
            load_columns<Reuse::kNever>(x, args.x, columns, thread, span, kOperandX, staging);
            if (adds) {
                load_columns<Reuse::kNever>(z, args.z, columns, thread, span, kOperandZ, staging);
            }
            uint32_t positive[kPairLines];
            JSNORM_UNROLL
            for (int i = 0; i < kPairLines; ++i) {
                positive[i] = 0;
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) {
                    Acc value =
                        preactivation_of(x.vectors[i].get(e), coefficients[e], gamma[e], beta[e]);
                    if (adds) value += z.vectors[i].get(e);
                    positive[i] |= (value > Acc(0) ? 1u : 0u) << e;
                    x.vectors[i].set(e, args.relu != 0 ? relu(value) : value);
                }
            }
            store_columns(x, args.y, columns, thread, span, kOperandY, staging);
            if (args.mask != nullptr) store_column_mask(positive, args, thread, span, staging);
        });
    }
}

}  // namespace jsnorm::gpu
