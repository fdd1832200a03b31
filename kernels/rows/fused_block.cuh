// SPDX-License-Identifier: Apache-2.0
// The shared memory of a block that keeps groups of rows on chip: what the threads of a group tell
// each other, the parameters of elements, and tiles that wait for their coefficients.
#pragma once

#include "kernels/math/moments.cuh"
#include "kernels/rows/groups.cuh"
#include "kernels/rows/parameters.cuh"
#include "kernels/rows/tiles.cuh"
#include "kernels/tensor/partials.cuh"
#include "kernels/tensor/statistic_gradients.cuh"

namespace jsnorm::gpu {

// The coefficients of a statistic in shared memory: forward's, then those that backward adds.
struct GroupEntry {
    enum : int { kMeanHead, kMeanTail, kRstd, kCentreHead, kCentreTail, kB, kT, kCount };
};
static_assert(GroupEntry::kCount == kGroupCoefficients);

// What the threads of a group tell each other.
template <class Acc>
struct GroupMemory {
    using Entry = GroupEntry;
    shared<double> first;   // of each row: its mean (forward), or its sum of g (backward)
    shared<double> second;  // its M2, or its sum of g_centred
    shared<double> mean;    // of each statistic
    shared<double> variance;
    shared<Acc> coefficients;

    JSNORM_DEVICE GroupMemory(shared<unsigned char> memory, const RowGroups &groups, int slot) {
        const auto statistics = static_cast<int>(groups.shape.statistics);
        const int64_t bytes = group_bytes(groups.cells, statistics, sizeof(Acc));
        first = shared_cast<double>(memory + slot * bytes);
        second = first + groups.cells;
        mean = second + groups.cells;
        variance = mean + statistics;
        coefficients = shared_cast<Acc>(variance + statistics);
    }

    // ---- Of a row -------------------------------------------------------------------------------

    JSNORM_DEVICE void put_moments(int cell, const Moments &moments) const {
        first[cell] = moments.mean;
        second[cell] = moments.m2;
    }
    JSNORM_DEVICE Moments moments(int cell, double count) const {
        return {count, first[cell], second[cell]};
    }
    JSNORM_DEVICE void put_sums(int cell, const GradientSums &sums) const {
        first[cell] = sums.g;
        second[cell] = sums.g_centred;
    }
    JSNORM_DEVICE GradientSums sums(int cell) const { return {first[cell], second[cell]}; }

    // ---- Of statistic k -------------------------------------------------------------------------

    JSNORM_DEVICE shared<Acc> entries(int k) const { return coefficients + k * GroupEntry::kCount; }
    JSNORM_DEVICE void put_forward(int k, const Forward<Acc> &value) const {
        const shared<Acc> to = entries(k);
        to[Entry::kMeanHead] = value.mean.head;
        to[Entry::kMeanTail] = value.mean.tail;
        to[Entry::kRstd] = value.rstd;
    }
    JSNORM_DEVICE Forward<Acc> forward(int k) const {
        const shared<const Acc> from = entries(k);
        return {{Acc(from[Entry::kMeanHead]), Acc(from[Entry::kMeanTail])},
                Acc(from[Entry::kRstd])};
    }
    JSNORM_DEVICE void put_centre(int k, const MeanPair<Acc> &value) const {
        const shared<Acc> to = entries(k);
        to[Entry::kCentreHead] = value.head;
        to[Entry::kCentreTail] = value.tail;
    }
    JSNORM_DEVICE MeanPair<Acc> centre(int k) const {
        const shared<const Acc> from = entries(k);
        return {Acc(from[Entry::kCentreHead]), Acc(from[Entry::kCentreTail])};
    }
    JSNORM_DEVICE void put_terms(int k, const GradientTerms &terms) const {
        const shared<Acc> to = entries(k);
        to[Entry::kB] = static_cast<Acc>(terms.b);
        to[Entry::kT] = narrow_slope<Acc>(terms.t);
    }
    JSNORM_DEVICE Backward<Acc> backward(int k) const {
        const shared<const Acc> from = entries(k);
        return {{Acc(from[Entry::kCentreHead]), Acc(from[Entry::kCentreTail])},
                Acc(from[Entry::kRstd]),
                Acc(from[Entry::kB]),
                Acc(from[Entry::kT])};
    }
};

// Tiles that wait in shared memory. A thread touches its own alone.
template <class T, int kLanes>
struct Stash {
    shared<Pack<T>> tiles;
    int vectors;

    JSNORM_DEVICE int slot(int place, int i) const {
        return (place * vectors + i) * kRowThreads<kLanes> + static_cast<int>(threadIdx.x);
    }
    JSNORM_DEVICE void put(int place, const Tile<T> &tile) const {
        JSNORM_UNROLL
        for (int i = 0; i < kTileVectors; ++i) {
            if (i < vectors) tiles[slot(place, i)] = tile.vectors[i];
        }
    }
    JSNORM_DEVICE void take(int place, Tile<T> &tile) const {
        JSNORM_UNROLL
        for (int i = 0; i < kTileVectors; ++i) {
            if (i < vectors) tile.vectors[i] = tiles[slot(place, i)];
        }
    }
};

// What a thread of a fused kernel works with.
template <class T, int kLanes>
struct FusedBlock {
    GroupThread<T, kLanes> thread;
    GroupMemory<Compute<T>> statistics;
    SmemParameters<T, kLanes> smem_parameters;
    Stash<T, kLanes> stash;
    RowStaging<T> staging;

    JSNORM_DEVICE FusedBlock(shared<unsigned char> memory, const BlockMemory &plan,
                             const RowGroups &groups)
        : thread(groups),
          statistics(memory, groups, thread.slot),
          smem_parameters(memory, plan),
          stash{shared_cast<Pack<T>>(memory + plan.stash), groups.vectors},
          staging(memory, plan) {}
};

}  // namespace jsnorm::gpu
