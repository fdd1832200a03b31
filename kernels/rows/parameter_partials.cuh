// SPDX-License-Identifier: Apache-2.0
// dgamma and dbeta where parameters belong to the elements of a row: every lane adds up its own
// elements over the rows of a part in shared memory, in lane order; a part's sums go to memory, and
// a second kernel adds the parts in order.
#pragma once

#include "kernels/rows/gradient_tile.cuh"

namespace jsnorm::gpu {

// `steps` consecutive steps of a kernel over the rows make a part.
template <class T>
struct ParameterParts {
    int64_t steps = 1;
    int64_t count = 1;
    int32_t values = 0;                     // entries of an array of sums, in lane order
    global<Compute<T>> partials = nullptr;  // [part][dgamma, dbeta][P], or NULL
};

// What every kernel takes that reduces x and dy of rows.
template <class T>
struct RowsReduction {
    Rows rows;
    RowsInput<T> in;
    ParameterParts<T> parts;
    BlockMemory memory;
};

// The sums that a block keeps: of dy*xhat and of dy, for each row that it works on at once.
template <class T, int kLanes>
struct ParameterSums {
    using Acc = Compute<T>;
    static constexpr int kStep = kValueWidth<T>;
    shared<Acc> sums;
    int32_t values;
    bool wanted;

    JSNORM_DEVICE ParameterSums(shared<Acc> memory, const ParameterParts<T> &parts)
        : sums(memory), values(parts.values), wanted(parts.partials != nullptr) {}

    JSNORM_DEVICE void clear() const {
        if (!wanted) return;
        const shared<Vec<Acc, kStep>> vectors = shared_cast<Vec<Acc, kStep>>(sums);
        for (int at = static_cast<int>(threadIdx.x);
             at < 2 * kRowsPerBlock<kLanes> * values / kStep; at += kRowThreads<kLanes>) {
            vectors[at] = Vec<Acc, kStep>{};
        }
        __syncthreads();
    }

    // Adds this lane's elements, to entries that no other thread touches; dy beyond the span is 0.
    // `first`: of the span, in the arrays.
    JSNORM_DEVICE void add(const RowGradientTile<T> &tile, const RowSpan &span, int first,
                           const Forward<Acc> &of) const {
        if (!wanted) return;
        const RowThread<kLanes> thread;
        const int lane = opaque(thread.lane);
        const shared<Vec<Acc, kStep>> dgamma =
            shared_cast<Vec<Acc, kStep>>(sums + (thread.row * values + first));
        const shared<Vec<Acc, kStep>> dbeta = dgamma + kRowsPerBlock<kLanes> * values / kStep;
        JSNORM_UNROLL
        for (int i = 0; i < kTileVectors; ++i) {
            if (vector_index<T, kLanes>(i, lane) >= span.count) continue;
            JSNORM_UNROLL
            for (int step = 0; step < kWidth<T> / kStep; ++step) {
                const int at = lane_values<T, kLanes>(i, step, lane) / kStep;
                Vec<Acc, kStep> products = dgamma[at];
                Vec<Acc, kStep> gradients = dbeta[at];
                JSNORM_UNROLL
                for (int e = 0; e < kStep; ++e) {
                    const Acc dy = tile.dy.vectors[i].get(step * kStep + e);
                    const Acc x = tile.x.vectors[i].get(step * kStep + e);
                    products.v[e] += dy * standardize(x, of.mean.head, of.mean.tail, of.rstd);
                    gradients.v[e] += dy;
                }
                dgamma[at] = products;
                dbeta[at] = gradients;
            }
        }
    }

    // Adds up the rows of the block and writes `count` elements from `first` on for a part. Every
    // thread of the block takes part.
    JSNORM_DEVICE void write(const ParameterParts<T> &parts, int64_t part, int64_t parameters,
                             int64_t first, int count) const {
        if (!wanted) return;
        __syncthreads();
        for (int q = 0; q < 2; ++q) {
            const shared<const Acc> rows = sums + q * kRowsPerBlock<kLanes> * values;
            JSNORM_ROLLED
            for (int index = static_cast<int>(threadIdx.x); index < count;
                 index += kRowThreads<kLanes>) {
                Acc sum = Acc(0);
                for (int row = 0; row < kRowsPerBlock<kLanes>; ++row) {
                    sum += Acc(rows[row * values + lane_order<T>(index)]);
                }
                store(parts.partials + ((part * 2 + q) * parameters + first + index), sum);
            }
        }
        __syncthreads();
    }
};


}  // namespace jsnorm::gpu
