// SPDX-License-Identifier: Apache-2.0
// The sums that backward needs of planes: dy, x -> the sums of g and of g*(x - centre) of every
// chunk of every cell, g being dy behind the activation. dy and x are read once; dz is written on
// the way where it is wanted. A warp takes a chunk, half a tile of x and of dy under way, and its
// lanes meet once, at the end. The bits are those of rows_gradient_sums with 32 lanes.
#pragma once

#include "kernels/planes/chunks.cuh"
#include "kernels/planes/gate.cuh"
#include "kernels/tensor/gradient_chains.cuh"
#include "kernels/tensor/partials.cuh"
#include "kernels/tensor/reduce.cuh"

namespace jsnorm::gpu {

template <class T>
struct PlanesGradientSums {
    Planes planes;  // operands: x, dy
    PlanesInput<T> in;
    Centres centres;
    global<GradientSums> partials = nullptr;  // [chunk][cell]
    global<T> dz = nullptr;                   // laid out as dy, if the gradient behind it is wanted
};

template <class T>
JSNORM_DEVICE void add_vector(GradientChains<T> &chains, const Pack<T> &x, const Pack<T> &dy,
                              Compute<T> head) {
    constexpr int kV = kWidth<T>;
    Compute<T> x_values[kV];
    Compute<T> dy_values[kV];
    x.unpack(x_values);
    dy.unpack(dy_values);
    JSNORM_UNROLL
    for (int e = 0; e < kV; ++e) chains.add(e, dy_values[e], x_values[e], head);
}

template <class T>
JSNORM_KERNEL(kPlaneThreads, 2)
planes_gradient_sums(PlanesGradientSums<T> args) {
    using Acc = Compute<T>;
    constexpr int kOperands = kPlaneDy + 1;
    JSNORM_SHARED(double, scratch, 1);  // a warp needs none
    const Planes &planes = args.planes;
    const bool has_options = args.in.gate != Gate::kNone || args.dz != nullptr;
    wait_for_previous_kernel();
    let_next_kernel_start();
    for_chunks(planes, [&](const PlaneChunk &chunk, int64_t partial) {
        PlaneWalk<T, kOperands> walk(planes, chunk);
        const MeanPair<Acc> centre = centre_of<Acc>(args.centres, chunk.cell);
        SumPair own = {0, 0};

        // The next vectors of this lane: `count` of half a tile.
        const auto add_half = [&](GradientChains<T> &chains, int count, const auto &finish) {
            Pack<T> x[kTileVectors / 2];
            Pack<T> dy[kTileVectors / 2];
            PlaneWalk<T, kOperands> places = walk;
            JSNORM_UNROLL
            for (int i = 0; i < kTileVectors / 2; ++i) {
                x[i] = dy[i] = {};
                if (i < count) {
                    x[i] = load_pack<Reuse::kLater, T>(walk.place(args.in.x, kPlaneX));
                    dy[i] = load_pack<Reuse::kLater, T>(walk.place(args.in.dy, kPlaneDy));
                }
                walk.step();
            }
            JSNORM_UNROLL
            for (int i = 0; i < kTileVectors / 2; ++i) {
                if (i < count) {
                    finish(dy[i], x[i], places);
                    add_vector(chains, x[i], dy[i], centre.head);
                }
                places.step();
            }
        };
        const auto sum = [&](const auto &finish) {
            JSNORM_ROLLED
            for (int tile = 0; tile < chunk.full_tiles(); ++tile) {
                GradientChains<T> chains;
                add_half(chains, kTileVectors / 2, finish);
                add_half(chains, kTileVectors / 2, finish);
                own += chains.sum();
            }
            if (chunk.rest() > 0) {
                GradientChains<T> chains;
                add_half(chains, chunk.own_rest(), finish);
                add_half(chains, chunk.own_rest() - kTileVectors / 2, finish);
                own += chains.sum();
            }
        };
        if (has_options) {
            const PlaneGate<T> gate(args.in, planes, chunk.cell);
            sum([&](Pack<T> &dy, const Pack<T> &x, const auto &places) {
                gate.close(dy, x, places.offset(kPlaneX));
                if (args.dz != nullptr) store_pack<T>(places.place(args.dz, kPlaneDy), dy);
            });
        } else {
            sum([](const Pack<T> &, const Pack<T> &, const auto &) {});
        }
        const SumPair total = sum_lanes<kWarp>(own, scratch);
        if (PlanePiece::lane() == 0) store(args.partials + partial, about_centre(total, centre));
    });
}

}  // namespace jsnorm::gpu
