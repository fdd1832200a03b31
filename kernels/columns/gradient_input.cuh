// SPDX-License-Identifier: Apache-2.0
// What both backward kernels of columns read: x, and dy behind the activation.
#pragma once

#include "kernels/columns/coefficients.cuh"
#include "kernels/columns/lines.cuh"
#include "kernels/tensor/gradient.cuh"
#include "kernels/tensor/mask.cuh"

namespace jsnorm::gpu {

// Operands: 0 x, 1 dy, 2 dx, 3 dz.
template <class T>
struct ColumnsInput {
    global<const T> x = nullptr;
    global<const T> dy = nullptr;
    GivenParameters<T> parameters;
    Gate gate = Gate::kNone;
    global<const uint32_t> mask = nullptr;
    ForwardArrays<Compute<T>> forward;  // for the gate
};

enum ColumnGradientOperand : int { kColumnX, kColumnDy, kColumnDx, kColumnDz };

// Sets dy to 0 where ReLU did not let x through: by the mask, or by the sign of the preactivation.
template <class T, ColumnPath kPath>
class ColumnGate {
  public:
    using Acc = Compute<T>;
    using Preactivation = StripPreactivation<T>;
    static constexpr int kV = kWidth<T>;

    JSNORM_DEVICE ColumnGate(const ColumnsInput<T> &in, const Columns &columns,
                             const ColumnThread &thread, shared<Acc> values)
        : in_(in), columns_(columns), thread_(thread), preactivation_(values) {}

    // Takes part: every thread of the block.
    JSNORM_DEVICE void begin(const Strip &strip) {
        strip_ = strip;
        if (kPath != ColumnPath::kPlain && in_.gate == Gate::kRecompute) {
            preactivation_.fill(columns_, strip, in_.forward, in_.parameters);
        }
    }

    // dy and x of lines from the tile of `lines` on, of which `count` are there; the others may be
    // anything.
    template <int kLines, class Lines>
    JSNORM_DEVICE void close(Pack<T> (&dy)[kLines], const Pack<T> (&x)[kLines], const Lines &lines,
                             int count, int width) const {
        if (kPath == ColumnPath::kPlain || in_.gate == Gate::kNone) return;
        if (in_.gate == Gate::kMask) {
            JSNORM_UNROLL
            for (int k = 0; k < kLines; ++k) {
                if (k < count) by_mask(dy[k], lines.offset(k), width);
            }
        } else if (preactivation_.in_one_step()) {
            constexpr int kPiece = Preactivation::Table::kPiece;
            JSNORM_UNROLL
            for (int p = 0; p < Preactivation::Table::kPieces; ++p) {
                Acc values[kLines][kPiece];
                JSNORM_UNROLL
                for (int k = 0; k < kLines; ++k) x[k].unpack(values[k], p * kPiece);
                preactivation_.preactivate(columns_, thread_, p, values);
                JSNORM_UNROLL
                for (int k = 0; k < kLines; ++k) {
                    JSNORM_UNROLL
                    for (int e = 0; e < kPiece; ++e) {
                        if (!(values[k][e] > Acc(0))) dy[k].clear(p * kPiece + e);
                    }
                }
            }
        } else {
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                Acc values[kLines];
                JSNORM_UNROLL
                for (int k = 0; k < kLines; ++k) values[k] = x[k].get(e);
                preactivate_column(columns_, strip_, strip_.first + thread_.lane * kV + e,
                                   in_.forward, in_.parameters, values);
                JSNORM_UNROLL
                for (int k = 0; k < kLines; ++k) {
                    if (!(values[k] > Acc(0))) dy[k].clear(e);
                }
            }
        }
    }

    // The same of the line that is cut short.
    template <class Lines>
    JSNORM_DEVICE void close_partial(Pack<T> (&dy)[1], const Pack<T> (&x)[1], Lines lines,
                                     const ColumnWalk &walk) const {
        const int k = walk.count - lines.first();
        if (kPath != ColumnPath::kPlain && in_.gate == Gate::kMask) {
            by_mask(dy[0], lines.offset(k), walk.partial);
        } else {
            close(dy, x, lines, 1, walk.partial);
        }
    }

  private:
    // offset: of x.
    JSNORM_DEVICE void by_mask(Pack<T> &dy, int64_t offset, int width) const {
        if (kPath == ColumnPath::kOptional && width == kV) {
            const uint32_t bits = mask_bits(in_.mask, offset);
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                if (((bits >> e) & 1u) == 0) dy.clear(e);
            }
        } else {
            JSNORM_UNROLL
            for (int e = 0; e < kV; ++e) {
                if (e < width && !mask_bit(in_.mask, offset + e)) dy.clear(e);
            }
        }
    }

    const ColumnsInput<T> &in_;
    const Columns &columns_;
    const ColumnThread &thread_;
    Preactivation preactivation_;
    Strip strip_ = {};
};

}  // namespace jsnorm::gpu
