// SPDX-License-Identifier: Apache-2.0
// dy behind the activation: what both backward kernels of planes read.
#pragma once

#include "kernels/planes/preactivation.cuh"
#include "kernels/tensor/gradient.cuh"
#include "kernels/tensor/mask.cuh"

namespace jsnorm::gpu {

// Operands: 0 x, 1 dy, 2 dx, 3 dz.
template <class T>
struct PlanesInput {
    global<const T> x = nullptr;
    global<const T> dy = nullptr;
    GivenParameters<T> parameters;
    Gate gate = Gate::kNone;
    global<const uint32_t> mask = nullptr;
    ForwardArrays<Compute<T>> forward;  // for the gate
};

enum PlaneGradientOperand : int { kPlaneX, kPlaneDy, kPlaneDx, kPlaneDz };

// Sets dy to 0 where ReLU did not let x through: by the mask, or by the sign of the preactivation.
template <class T>
class PlaneGate {
  public:
    using Acc = Compute<T>;
    static constexpr int kV = kWidth<T>;

    JSNORM_DEVICE PlaneGate(const PlanesInput<T> &in, const Planes &planes, int64_t cell)
        : in_(in) {
        if (in.gate == Gate::kRecompute) {
            preactivation_ = load_preactivation(planes, cell, in.forward, in.parameters);
        }
    }

    // dy of a vector, whose x is at `offset`.
    JSNORM_DEVICE void close(Pack<T> &dy, const Pack<T> &x, int64_t offset) const {
        if (in_.gate == Gate::kMask) {
            const uint32_t bits = mask_bits(in_.mask, offset);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                if (((bits >> e) & 1u) == 0) dy.clear(e);
            }
        } else if (in_.gate == Gate::kRecompute) {
            Acc values[kV];
            x.unpack(values);
            preactivation_(values);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                if (!(values[e] > Acc(0))) dy.clear(e);
            }
        }
    }

  private:
    const PlanesInput<T> &in_;
    PlanePreactivation<Acc> preactivation_;
};

}  // namespace jsnorm::gpu
