// SPDX-License-Identifier: Apache-2.0
// Forward over planes: x -> y = act(gamma*xhat + beta + z) by coefficients from memory. A warp asks
// for its first vectors of x, and for the coefficients of its cell meanwhile.
#pragma once

#include "kernels/planes/preactivation.cuh"
#include "kernels/tensor/mask.cuh"

namespace jsnorm::gpu {

// Operands: 0 x, 1 z, 2 y.
template <class T>
struct PlanesApplyForward {
    Planes planes;
    global<const T> x = nullptr;
    global<const T> z = nullptr;
    global<T> y = nullptr;
    GivenParameters<T> parameters;
    ForwardArrays<Compute<T>> coefficients;
    int32_t relu = 0;
    int32_t whole_words = 0;  // of the mask: 32/kWidth<T> neighbouring lanes own one
    global<uint32_t> mask = nullptr;
    int32_t streams = 0;  // accesses are marked evict-first
};

enum PlaneForwardOperand : int { kPlaneForwardX, kPlaneForwardZ, kPlaneForwardY };

// Writes the mask of a batch of x at `offset`. Takes part: every lane of the warp.
template <class T>
JSNORM_DEVICE void store_plane_mask(const PlanesApplyForward<T> &args, int64_t offset,
                                    const uint32_t (&positive)[kBatchVectors], int count) {
    JSNORM_UNROLL
    for (int i = 0; i < kBatchVectors; ++i) {
        const int64_t place = offset + i * kPlaneStep<T>;
        if (args.whole_words != 0) {
            write_mask<T>(args.mask, place, positive[i], i < count);
        } else if (i < count) {
            merge_mask(args.mask, place, positive[i]);
        }
    }
}

// y of a batch in the place of x. kPlain: in one step, and nothing else.
template <bool kPlain, class T>
JSNORM_DEVICE void forward_batch(Pack<T> (&batch)[kBatchVectors],
                                 const PlanePreactivation<Compute<T>> &preactivation,
                                 const PlanesApplyForward<T> &args, int64_t x, int64_t z,
                                 int count) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    Pack<T> residual[kBatchVectors];
    if (!kPlain && args.z != nullptr) load_batch<Reuse::kNever, T>(residual, args.z + z, count);
    uint32_t positive[kBatchVectors] = {};
    JSNORM_UNROLL
    for (int i = 0; i < kBatchVectors; ++i) {
        Acc values[kV];
        batch[i].unpack(values);
        if constexpr (kPlain) {
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) values[e] = preactivation.step(values[e]);
        } else {
            preactivation(values);
            if (args.z != nullptr) {
                Acc others[kV];
                residual[i].unpack(others);
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) values[e] += others[e];
            }
            if (args.mask != nullptr) {
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) positive[i] |= (values[e] > Acc(0) ? 1u : 0u) << e;
            }
            if (args.relu != 0) {
                JSNORM_UNROLL
                for (int e = 0; e < kV; ++e) values[e] = positive_part(values[e]);
            }
        }
        batch[i].pack(values);
    }
    if (!kPlain && args.mask != nullptr) store_plane_mask<T>(args, x, positive, count);
}

// Blocks of a multiprocessor: as many as spill no register.
template <class T>
inline constexpr int kPlaneForwardBlocks = sizeof(T) == 8 ? 2 : 3;

template <class T>
JSNORM_KERNEL(kPlaneThreads, (kPlaneForwardBlocks<T>))
planes_apply_forward(PlanesApplyForward<T> args) {
    const Planes &planes = args.planes;
    const bool has_options = args.z != nullptr || args.relu != 0 || args.mask != nullptr;
    PreviousKernel previous;
    if (args.streams != 0) previous.wait();
    for_pieces_backwards(planes, [&](const PlanePiece &piece) {
        int64_t x = last_batch<T>(planes, piece, kPlaneForwardX);
        int64_t y = last_batch<T>(planes, piece, kPlaneForwardY);
        int64_t z = args.z != nullptr ? last_batch<T>(planes, piece, kPlaneForwardZ) : 0;
        const int rest = piece.rest();
        Pack<T> batch[kBatchVectors];
        load_batch<T>(batch, args.x + x, rest, args.streams != 0);
        previous.wait();
        const auto preactivation =
            load_preactivation(planes, piece.cell, args.coefficients, args.parameters);

        // Batch by batch, the last one first.
        const auto walk = [&](auto plain, auto reuse) {
            const auto finish = [&](int count) {
                forward_batch<plain.value, T>(batch, preactivation, args, x, z, count);
                store_batch<reuse.value, T>(batch, args.y + y, count);
            };
            finish(rest);
            JSNORM_ROLLED
            for (int left = piece.batches() - 1; left > 0; --left) {
                x -= kBatchElements<T>;
                y -= kBatchElements<T>;
                if (!plain.value) z -= kBatchElements<T>;
                load_batch<reuse.value, T>(batch, args.x + x);
                finish(kBatchVectors);
            }
        };
        if (has_options || !preactivation.in_one_step) {
            walk(std::false_type(), ReuseLater());
        } else if (args.streams != 0) {
            walk(std::true_type(), ReuseNever());
        } else {
            walk(std::true_type(), ReuseLater());
        }
    });
}

}  // namespace jsnorm::gpu
