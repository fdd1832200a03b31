// SPDX-License-Identifier: Apache-2.0
// dgamma and dbeta where parameters belong to the elements of a row: every lane adds up its own
// elements over the rows of a part, in shared memory and in lane order. The sums of a part go to
// memory, and finalize_parameter_partials adds the parts in order.
#pragma once

#include "kernels/rows/gradient_tile.cuh"
#include "kernels/rows/parameter_parts.cuh"

namespace jsnorm::gpu {

// The arguments of every kernel that reduces x and dy of rows.
template <class T>
struct RowsReduction {
    Rows rows;
    RowsInput<T> in;
    ParameterParts<T> parts;
    BlockMemory memory;
};

// The sums of a block in shared memory: [dgamma, dbeta][row of the block][values].
template <class T, int kLanes>
struct ParameterSums {
    enum : int { kDgamma, kDbeta, kGradients };
    using Acc = Compute<T>;
    static constexpr int kStep = kValueWidth<T>;
    using Values = Vec<Acc, kStep>;
    shared<Acc> sums;
    int32_t values;
    bool wanted;

    JSNORM_DEVICE ParameterSums(shared<unsigned char> memory, const BlockMemory &plan,
                                const ParameterParts<T> &parts)
        : sums(shared_cast<Acc>(memory + plan.sums)),
          values(parts.values),
          wanted(parts.partials != nullptr) {}

    // Takes part: every thread of the block.
    JSNORM_DEVICE void clear() const {
        if (!wanted) return;
        const shared<Values> vectors = shared_cast<Values>(sums);
        const int count = kGradients * kRowsPerBlock<kLanes> * values / kStep;
        for (int index = static_cast<int>(threadIdx.x); index < count;
             index += kRowThreads<kLanes>) {
            vectors[index] = Values{};
        }
        __syncthreads();
    }

    // Adds this lane's elements, to entries that no other thread touches; dy beyond the span is 0.
    // first: the entry of the span's first element.
    JSNORM_DEVICE void add(const RowGradientTile<T> &tile, const RowSpan &span, int first,
                           const Forward<Acc> &coefficients) const {
        if (!wanted) return;
        const RowThread<kLanes> thread;
        const int lane = opaque(thread.lane);
        const shared<Values> dgamma = shared_cast<Values>(sums + (thread.row * values + first));
        const shared<Values> dbeta = dgamma + kRowsPerBlock<kLanes> * values / kStep;
        JSNORM_UNROLL
        for (int i = 0; i < kTileVectors; ++i) {
            if (vector_index<T, kLanes>(i, lane) >= span.count) continue;
            JSNORM_UNROLL
            for (int step = 0; step < kWidth<T> / kStep; ++step) {
                const int index = lane_values<T, kLanes>(i, step, lane) / kStep;
                Values products = dgamma[index];
                Values gradients = dbeta[index];
                JSNORM_UNROLL
                for (int e = 0; e < kStep; ++e) {
                    const Acc dy = tile.dy.vectors[i].get(step * kStep + e);
                    const Acc x = tile.x.vectors[i].get(step * kStep + e);
                    add_parameter_gradient(products.v[e], gradients.v[e], dy, x, coefficients);
                }
                dgamma[index] = products;
                dbeta[index] = gradients;
            }
        }
    }

    // Adds up the rows of the block and writes `count` elements from `first` on for a part. Takes
    // part: every thread of the block.
    JSNORM_DEVICE void write(const ParameterParts<T> &parts, int64_t part, int64_t parameters,
                             int64_t first, int count) const {
        if (!wanted) return;
        __syncthreads();
        for (int q = 0; q < kGradients; ++q) {
            const shared<const Acc> rows = sums + q * kRowsPerBlock<kLanes> * values;
            const int64_t base = (part * kGradients + q) * parameters + first;
            JSNORM_ROLLED
            for (int index = static_cast<int>(threadIdx.x); index < count;
                 index += kRowThreads<kLanes>) {
                Acc sum = Acc(0);
                for (int row = 0; row < kRowsPerBlock<kLanes>; ++row) {
                    sum += Acc(rows[row * values + lane_order<T>(index)]);
                }
                store(parts.partials + (base + index), sum);
            }
        }
        __syncthreads();
    }
};

}  // namespace jsnorm::gpu
