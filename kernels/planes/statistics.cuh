// SPDX-License-Identifier: Apache-2.0
// Statistics of planes: x -> mean and M2 of every chunk of every cell, x read once. A warp takes a
// chunk, tile by tile, 8 loads of a lane under way, and its lanes meet once, at the end. The bits
// are those of rows_statistics with 32 lanes.
#pragma once

#include "kernels/planes/chunks.cuh"
#include "kernels/tensor/partials.cuh"
#include "kernels/tensor/tile_moments.cuh"

namespace jsnorm::gpu {

template <class T>
struct PlanesStatistics {
    Planes planes;  // operand: x
    global<const T> x;
    global<MeanM2> partials;  // [chunk][cell]
};

// The next `count` vectors of this lane; the others are 0.
template <class T>
JSNORM_DEVICE void load_tile(Tile<T> &tile, global<const T> x, PlaneWalk<T, 1> &walk,
                             int count = kTileVectors) {
    constexpr int kX = 0;
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {
        tile.vectors[i] = Pack<T>{};
        if (i < count) tile.vectors[i] = load_pack<Reuse::kLater, T>(walk.place(x, kX));
        walk.step();
    }
}

template <class T>
JSNORM_KERNEL(kPlaneThreads, 2)
planes_statistics(PlanesStatistics<T> args) {
    using Acc = Compute<T>;
    constexpr int kX = 0;
    constexpr Acc kUnscaled = 1;
    constexpr int kFull = kTileWarpVectors * kWidth<T>;  // elements
    JSNORM_SHARED(double, scratch, 1);                   // a warp needs none
    const Planes &planes = args.planes;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for_chunks(planes, [&](const PlaneChunk &chunk, int64_t partial) {
        PlaneWalk<T, 1> walk(planes, chunk);
        const int rest = chunk.rest() * kWidth<T>;

        // Sums about the first element, lane by lane.
        const Acc pivot = Acc(widen(load(args.x + walk.first(kX))));
        SumPair own = {0, 0};
        const auto add = [&](const SumPair &sums) { own += sums; };
        JSNORM_ROLLED
        for (int tile = 0; tile < chunk.full_tiles(); ++tile) {
            Tile<T> x;
            load_tile(x, args.x, walk);
            add(lane_sums_about<T, kWarp, TileEnd::kFull>(pivot, kUnscaled, x, kFull));
        }
        if (rest > 0) {
            Tile<T> x;
            load_tile(x, args.x, walk, chunk.own_rest());
            add(lane_sums_about<T, kWarp, TileEnd::kWholeVector>(pivot, kUnscaled, x, rest));
        }
        const double count = static_cast<double>(chunk.count) * kWidth<T>;
        const ChunkMoments about = chunk_moments<T, kWarp>(pivot, own, count, scratch);
        Moments total = about.moments;

        // Once more, tile by tile.
        if (!about.good) {
            total = {};
            PlaneWalk<T, 1> again(planes, chunk);
            JSNORM_ROLLED
            for (int tile = 0; tile * kTileWarpVectors < chunk.count; ++tile) {
                const bool full = tile < chunk.full_tiles();
                Tile<T> x;
                load_tile(x, args.x, again, full ? kTileVectors : chunk.own_rest());
                total = merge(total, tile_moments<T, kWarp, TileEnd::kWholeVector>(
                                         x, full ? kFull : rest, scratch));
            }
        }
        if (PlanePiece::lane() == 0) {
            store(args.partials + partial, MeanM2{total.mean, total.m2});
        }
    });
}

}  // namespace jsnorm::gpu
