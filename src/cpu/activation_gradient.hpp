// SPDX-License-Identifier: Apache-2.0
// dy -> dy after the activation's gradient: dy where the preactivation was positive, else 0, by the
// mask or by computing it again from the same rounded coefficients as forward.
#pragma once

#include "kernels/elementwise.cuh"
#include "src/cpu/coefficients.hpp"
#include "src/cpu/mask.hpp"
#include "src/cpu/tile.hpp"

namespace jsnorm::cpu {

enum class Gate { kNone, kMask, kRecompute };

template <class Acc>
void select_by_mask(const uint32_t *mask, int64_t first, int64_t stride, int64_t n, const Acc *dy,
                    Acc *gated) {
    for (int64_t i = 0; i < n; ++i) {
        gated[i] = mask_bit(mask, first + i * stride) ? dy[i] : Acc(0);
    }
}

template <class Acc, class Span>
void select_by_sign(const Span &span, int64_t n, const Acc *x, const Acc *dy, Acc *gated) {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) {
        const Acc xhat =
            standardize(x[i], Acc(span.mean_head[i]), Acc(span.mean_tail[i]), Acc(span.rstd[i]));
        const Acc value = preactivation(xhat, Acc(span.gamma[i]), Acc(span.beta[i]));
        gated[i] = value > Acc(0) ? dy[i] : Acc(0);
    }
}

// n elements of a cell from `first` on; the cell begins at offset `cell_offset` of x. Returns dy
// itself or `scratch`.
template <class Acc, class Span>
const Acc *gate_elements(Gate gate, const uint32_t *mask, const Span &span, const Axes &elements,
                         int64_t cell_offset, int64_t first, int64_t n, const Acc *x, const Acc *dy,
                         Acc *scratch) {
    if (gate == Gate::kNone) return dy;
    if (gate == Gate::kRecompute) {
        select_by_sign(span, n, x, dy, scratch);
        return scratch;
    }
    for_stretches(elements, 0, first, n, [&](int64_t done, int64_t length, int64_t offset) {
        select_by_mask(mask, cell_offset + offset, elements.inner_stride(0), length, dy + done,
                       scratch + done);
    });
    return scratch;
}

// n neighbouring cells of one element, which lie at offset `offset` of x.
template <class Acc, class Span>
const Acc *gate_cells(Gate gate, const uint32_t *mask, const Span &span, int64_t offset, int64_t n,
                      const Acc *x, const Acc *dy, Acc *scratch) {
    if (gate == Gate::kNone) return dy;
    if (gate == Gate::kRecompute) {
        select_by_sign(span, n, x, dy, scratch);
    } else {
        select_by_mask(mask, offset, 1, n, dy, scratch);
    }
    return scratch;
}

}  // namespace jsnorm::cpu
