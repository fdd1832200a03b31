// SPDX-License-Identifier: Apache-2.0
// Backward over planes: x, dy -> dx and dz by coefficients from memory. A warp asks for its first
// vectors of x and dy, and for the coefficients of its cell meanwhile.
#pragma once

#include "kernels/planes/gate.cuh"

namespace jsnorm::gpu {

template <class T>
struct PlanesApplyBackward {
    Planes planes;
    PlanesInput<T> in;
    BackwardArrays<Compute<T>> backward;
    GradientOutputs<T> out;
    int32_t streams = 0;  // accesses are marked evict-first
};

// dx of the elements of a cell.
template <class Acc>
struct PlaneGradient {
    Backward<Acc> backward;
    GradientStep<Acc> step;
    Acc gamma;
    bool through;
    bool in_one_step;

    // dx in the place of x.
    template <int kCount>
    JSNORM_DEVICE void in_steps(Acc (&x)[kCount], const Acc (&dy)[kCount]) const {
        JSNORM_UNROLL
        for (int e = 0; e < kCount; ++e) {
            const Acc rest = std::fma(x[e] - backward.centre.head, step.slope, step.shift);
            x[e] = std::fma(dy[e], step.scale, rest);
        }
    }
    template <int kCount>
    JSNORM_DEVICE void operator()(Acc (&x)[kCount], const Acc (&dy)[kCount]) const {
        if (in_one_step) return in_steps(x, dy);
        JSNORM_UNROLL
        for (int e = 0; e < kCount; ++e) {
            x[e] = input_gradient_of(dy[e], x[e], backward, gamma, through);
        }
    }
};

template <class T>
JSNORM_DEVICE PlaneGradient<Compute<T>> load_gradient(const PlanesApplyBackward<T> &args,
                                                      int64_t cell) {
    PlaneGradient<Compute<T>> result;
    result.through = args.out.through_statistics != 0;
    result.backward = load_backward(args.backward, cell, result.through);
    result.gamma = gamma_at(args.in.parameters.gamma, parameter_of(args.planes.parameters, cell));
    result.step = gradient_step(result.backward, result.gamma);
    result.in_one_step = result.through && is_exact(result.step, result.backward, result.gamma);
    return result;
}

// Blocks of a multiprocessor: as many as spill no register.
template <class T>
inline constexpr int kPlaneBackwardBlocks = 2;

template <class T>
JSNORM_KERNEL(kPlaneThreads, (kPlaneBackwardBlocks<T>))
planes_apply_backward(PlanesApplyBackward<T> args) {
    using Acc = Compute<T>;
    constexpr int kV = kWidth<T>;
    const Planes &planes = args.planes;
    const bool has_options =
        args.in.gate != Gate::kNone || args.out.dz != nullptr || args.out.dx == nullptr;
    PreviousKernel previous;
    if (args.streams != 0) previous.wait();
    for_pieces_backwards(planes, [&](const PlanePiece &piece) {
        int64_t x = last_batch<T>(planes, piece, kPlaneX);
        int64_t dy = last_batch<T>(planes, piece, kPlaneDy);
        int64_t dx = last_batch<T>(planes, piece, kPlaneDx);
        int64_t dz = args.out.dz != nullptr ? last_batch<T>(planes, piece, kPlaneDz) : 0;
        const int rest = piece.rest();
        Pack<T> x_batch[kBatchVectors];
        Pack<T> dy_batch[kBatchVectors];
        load_batch<T>(x_batch, args.in.x + x, rest, args.streams != 0);
        load_batch<T>(dy_batch, args.in.dy + dy, rest, args.streams != 0);
        previous.wait();
        const PlaneGradient<Acc> gradient = load_gradient(args, piece.cell);

        // dx in the place of x.
        const auto differentiate = [&](auto plain) {
            JSNORM_UNROLL
            for (int i = 0; i < kBatchVectors; ++i) {
                Acc values[kV];
                Acc gradients[kV];
                x_batch[i].unpack(values);
                dy_batch[i].unpack(gradients);
                if constexpr (plain.value) {
                    gradient.in_steps(values, gradients);
                } else {
                    gradient(values, gradients);
                }
                x_batch[i].pack(values);
            }
        };

        // Batch by batch, the last one first.
        const auto walk = [&](auto plain, auto reuse, const auto &gate) {
            const auto finish = [&](int count) {
                if constexpr (!plain.value) {
                    JSNORM_UNROLL
                    for (int i = 0; i < kBatchVectors; ++i) {
                        if (i < count) gate.close(dy_batch[i], x_batch[i], x + i * kPlaneStep<T>);
                    }
                    if (args.out.dz != nullptr) {
                        store_batch<reuse.value, T>(dy_batch, args.out.dz + dz, count);
                    }
                    if (args.out.dx == nullptr) return;
                }
                differentiate(plain);
                store_batch<reuse.value, T>(x_batch, args.out.dx + dx, count);
            };
            finish(rest);
            JSNORM_ROLLED
            for (int left = piece.batches() - 1; left > 0; --left) {
                x -= kBatchElements<T>;
                dy -= kBatchElements<T>;
                dx -= kBatchElements<T>;
                if (!plain.value) dz -= kBatchElements<T>;
                load_batch<reuse.value, T>(x_batch, args.in.x + x);
                load_batch<reuse.value, T>(dy_batch, args.in.dy + dy);
                finish(kBatchVectors);
            }
        };
        if (has_options || !gradient.in_one_step) {
            walk(std::false_type(), ReuseLater(), PlaneGate<T>(args.in, planes, piece.cell));
        } else if (args.streams != 0) {
            walk(std::true_type(), ReuseNever(), std::false_type());
        } else {
            walk(std::true_type(), ReuseLater(), std::false_type());
        }
    });
}

}  // namespace jsnorm::gpu
