// SPDX-License-Identifier: Apache-2.0
// dgamma and dbeta where parameters belong to the elements of a row: every lane adds up its own
// elements over the rows of a part in shared memory, a part's sums go to memory, and a second
// kernel adds the parts in order.
#pragma once

#include "kernels/rows_backward_tile.cuh"

namespace jsnorm::gpu {

// Rows [part*part_rows, ...) of the tensor make a part. `vectors`: that a lane needs for a tile.
template <class T>
struct ParameterParts {
    int64_t part_rows = 1;
    int32_t vectors = kVectors;
    global<Compute<T>> partials = nullptr;  // [part][dgamma, dbeta][P], or NULL
};

// Compute<T> entries of shared memory for a block of `threads`.
template <class T>
JSNORM_HD constexpr int64_t parameter_sums_size(int64_t vectors, int64_t threads) {
    return 2 * vectors * kWidth<T> * threads;
}

// Where staging begins behind them, in entries.
template <class T>
JSNORM_DEVICE int staging_offset(const ParameterParts<T> &parts, int threads) {
    if (parts.partials == nullptr) return 0;
    return static_cast<int>(parameter_sums_size<T>(parts.vectors, threads));
}

// This thread's entry for element e of vector i; q: 0 dgamma, 1 dbeta.
template <class T>
JSNORM_DEVICE int parameter_slot(int q, int vectors, int i, int e, int thread) {
    return ((q * vectors + i) * kWidth<T> + e) * static_cast<int>(blockDim.x) + thread;
}

template <class T>
JSNORM_DEVICE void clear_parameter_sums(shared<Compute<T>> sums, int vectors) {
    for (int i = 0; i < 2 * vectors * kWidth<T>; ++i) {
        sums[i * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x)] = Compute<T>(0);
    }
}

// Adds dy*xhat and dy of this lane's elements: entries that no other thread touches.
template <class T, int kLanes>
JSNORM_DEVICE void add_parameter_sums(shared<Compute<T>> sums, int vectors,
                                      const GradientTile<T> &tile, const RowSpan &span,
                                      const Forward<Compute<T>> &of) {
    using Acc = Compute<T>;
    const int thread = opaque(static_cast<int>(threadIdx.x));
    for_elements<T, kLanes>(span, [&](int i, int e) {
        const Acc dy = tile.dy.vectors[i].get(e);
        const Acc x = tile.x.vectors[i].get(e);
        const int dgamma = parameter_slot<T>(0, vectors, i, e, thread);
        const int dbeta = parameter_slot<T>(1, vectors, i, e, thread);
        const Acc product = dy * standardize(x, of.mean.head, of.mean.tail, of.rstd);
        sums[dgamma] = Acc(sums[dgamma]) + product;
        sums[dbeta] = Acc(sums[dbeta]) + dy;
    });
}

// Adds up the block's rows and writes the elements of a span for a part. Every thread of the block
// takes part.
template <class T, int kLanes>
JSNORM_DEVICE void store_parameter_sums(shared<Compute<T>> sums, const ParameterParts<T> &parts,
                                        int64_t part, int64_t parameters, const RowSpan &span) {
    using Acc = Compute<T>;
    __syncthreads();
    JSNORM_ROLLED
    for (int at = static_cast<int>(threadIdx.x); at < 2 * span.count; at += kRowThreads<kLanes>) {
        const int q = at < span.count ? 0 : 1;
        const int index = at - q * span.count;
        const int vector = index / kWidth<T>;
        Acc sum = Acc(0);
        for (int row = 0; row < kRowsPerBlock<kLanes>; ++row) {
            sum += Acc(sums[parameter_slot<T>(q, parts.vectors, vector / kLanes, index % kWidth<T>,
                                              row * kLanes + vector % kLanes)]);
        }
        store(parts.partials + ((part * 2 + q) * parameters + span.first + index), sum);
    }
    __syncthreads();
}

template <class T>
struct SumParameterPartials {
    global<const Compute<T>> partials;
    int64_t parts;
    int64_t parameters;
    GradientArray<T> dgamma;
    GradientArray<T> dbeta;
};

// 32 parameters a block, 8 threads each, which take every eighth part.
template <class T>
JSNORM_KERNEL(256, 4)
sum_parameter_partials(SumParameterPartials<T> args) {
    constexpr int kParameters = 32;
    constexpr int kThreads = 8;
    JSNORM_SHARED(double, sums, 2 * kThreads * kParameters);
    const int column = static_cast<int>(threadIdx.x) % kParameters;
    const int thread = static_cast<int>(threadIdx.x) / kParameters;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t block = blockIdx.x; block * kParameters < args.parameters; block += gridDim.x) {
        const int64_t p = block * kParameters + column;
        double sum[2] = {0, 0};
        if (p < args.parameters) {
            for (int64_t part = thread; part < args.parts; part += kThreads) {
                for (int q = 0; q < 2; ++q) {
                    sum[q] += static_cast<double>(
                        load(args.partials + ((part * 2 + q) * args.parameters + p)));
                }
            }
        }
        __syncthreads();
        for (int q = 0; q < 2; ++q) sums[(q * kThreads + thread) * kParameters + column] = sum[q];
        __syncthreads();
        if (thread < 2 && p < args.parameters) {
            double total = 0;
            for (int t = 0; t < kThreads; ++t) {
                total += sums[(thread * kThreads + t) * kParameters + column];
            }
            if (thread == 0) {
                store_gradient(args.dgamma, p, total);
            } else {
                store_gradient(args.dbeta, p, total);
            }
        }
    }
}

}  // namespace jsnorm::gpu
