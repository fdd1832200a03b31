// SPDX-License-Identifier: Apache-2.0
// Every reduction over threads, each once. Trees are fixed: they depend on the number of terms and
// on nothing else, so that results repeat bit for bit.
#pragma once

#include "kernels/device/device.cuh"
#include "kernels/math/limits.cuh"
#include "kernels/math/moments.cuh"

namespace jsnorm::gpu {

inline constexpr uint32_t kFullWarp = 0xffffffffu;

// Neighbours first: ((v0+v1)+(v2+v3))+...; N is a power of two.
template <int N>
JSNORM_DEVICE double pairwise_sum(double (&values)[N]) {
    JSNORM_UNROLL
    for (int step = 1; step < N; step *= 2) {
        JSNORM_UNROLL
        for (int i = 0; i + step < N; i += 2 * step) values[i] += values[i + step];
    }
    return values[0];
}

enum class Reduction { kSum, kMax };

// The same over runs of `lanes` threads of a block (a power of two up to the block's size).
// scratch: one double per warp. Takes part: every thread of the block.
template <Reduction kReduction>
JSNORM_DEVICE double block_reduce(double value, int lanes, shared<double> scratch) {
    constexpr bool kMax = kReduction == Reduction::kMax;
    const int within = lanes < kWarp ? lanes : kWarp;
    value = kMax ? butterfly_max(value, within) : butterfly_sum(value, within);
    if (lanes <= kWarp) return value;
    const int warp = static_cast<int>(threadIdx.x) / kWarp;
    __syncthreads();
    if (threadIdx.x % kWarp == 0) scratch[warp] = value;
    __syncthreads();
    const int warps = lanes / kWarp;
    const int first = warp / warps * warps;
    double total = scratch[first];
    for (int w = 1; w < warps; ++w) {
        const double other = scratch[first + w];
        total = kMax ? std::fmax(total, other) : total + other;
    }
    return total;
}

JSNORM_DEVICE double block_sum(double value, int lanes, shared<double> scratch) {
    return block_reduce<Reduction::kSum>(value, lanes, scratch);
}

JSNORM_DEVICE double block_max(double value, int lanes, shared<double> scratch) {
    return block_reduce<Reduction::kMax>(value, lanes, scratch);
}

// The sum of neighbouring chains of a lane.
template <int kChains, class Acc>
JSNORM_DEVICE double sum_of_chains(const Acc (&chains)[kChains]) {
    double values[kChains];
    JSNORM_UNROLL
    for (int e = 0; e < kChains; ++e) values[e] = static_cast<double>(chains[e]);
    return pairwise_sum(values);
}

// kSums sums over kLanes lanes, known to all of these. scratch: kSums doubles per warp, used if
// kLanes > 32. Takes part: every thread of the block.
template <int kLanes, int kSums>
JSNORM_DEVICE void sum_lanes(double (&sums)[kSums], shared<double> scratch) {
    constexpr int kWithin = kLanes < kWarp ? kLanes : kWarp;
    constexpr int kWarps = kLanes / kWithin;
    JSNORM_UNROLL
    for (int q = 0; q < kSums; ++q) sums[q] = butterfly_sum(sums[q], kWithin);
    if constexpr (kWarps > 1) {
        const int warp = static_cast<int>(threadIdx.x) / kWarp;
        __syncthreads();
        if (threadIdx.x % kWarp == 0) {
            JSNORM_UNROLL
            for (int q = 0; q < kSums; ++q) scratch[q * kWarps + warp] = sums[q];
        }
        __syncthreads();
        JSNORM_UNROLL
        for (int q = 0; q < kSums; ++q) {
            double parts[kWarps];
            JSNORM_UNROLL
            for (int w = 0; w < kWarps; ++w) parts[w] = scratch[q * kWarps + w];
            sums[q] = pairwise_sum(parts);
        }
    }
}
template <int kLanes>
JSNORM_DEVICE SumPair sum_lanes(const SumPair &own, shared<double> scratch) {
    double sums[] = {own.first, own.second};
    sum_lanes<kLanes>(sums, scratch);
    return {sums[0], sums[1]};
}

// kSums sums over the chains of kLanes lanes, each with kChains neighbouring chains.
template <int kLanes, int kSums, int kChains, class Acc>
JSNORM_DEVICE void sum_chains(const Acc (&chains)[kSums][kChains], shared<double> scratch,
                              double (&sums)[kSums]) {
    JSNORM_UNROLL
    for (int q = 0; q < kSums; ++q) sums[q] = sum_of_chains(chains[q]);
    sum_lanes<kLanes>(sums, scratch);
}

}  // namespace jsnorm::gpu
