// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/apply.hpp"
#include "src/cpu/apply_tiles.hpp"

namespace jsnorm::cpu {

namespace {

// Coefficients of dx for a span, beside those that forward and backward share.
template <class Coefficient>
struct BackwardSpan {
    Coefficient mean_head;
    Coefficient mean_tail;
    Coefficient rstd;
    Coefficient b;
    Coefficient t;
};

template <class Acc>
BackwardSpan<Splat<Acc>> backward_span_of_cell(const BackwardCoefficients<Acc> &c, int64_t cell) {
    return {{c.mean_head[cell]}, {c.mean_tail[cell]}, {c.rstd[cell]}, {c.b[cell]}, {c.t[cell]}};
}

template <class Acc>
BackwardSpan<const Acc *> backward_span_of_cells(const BackwardCoefficients<Acc> &c, int64_t cell) {
    return {c.mean_head + cell, c.mean_tail + cell, c.rstd + cell, c.b + cell, c.t + cell};
}

// values = dx. May be x or dy itself.
template <class Acc, class Span, class Back>
void differentiate(const Span &span, const Back &back, bool through_statistics, int64_t n,
                   const Acc *x, const Acc *dy, Acc *values) {
    if (!through_statistics) {
#pragma omp simd
        for (int64_t i = 0; i < n; ++i) {
            values[i] = Acc(span.gamma[i]) * Acc(back.rstd[i]) * dy[i];
        }
        return;
    }
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) {
        const Acc rstd = back.rstd[i];
        const Acc centred = standardize(x[i], Acc(back.mean_head[i]), Acc(back.mean_tail[i]), rstd);
        values[i] = input_gradient(dy[i], Acc(span.gamma[i]), rstd, Acc(back.b[i]), Acc(back.t[i]),
                                   centred);
    }
}

template <class T, class Span>
void tile_of_cell(const BackwardApplyPass<T> &pass, int64_t cell, int64_t first, int64_t n,
                  const Span &span) {
    using Acc = Compute<T>;
    Acc x_scratch[kTile];
    Acc dy_scratch[kTile];
    Acc gated_scratch[kTile];
    Acc dx_scratch[kTile];
    const Axes &elements = pass.view.elements;
    int64_t base[4];
    for (int32_t t = 0; t < 4; ++t) base[t] = pass.view.cells.offset(cell, t);
    const Acc *x = read_elements(pass.x + base[0], elements, 0, first, n, x_scratch);
    const Acc *dy = read_elements(pass.dy + base[1], elements, 1, first, n, dy_scratch);
    const Acc *gated = gate_elements(pass.gate, pass.mask, span, elements, base[0], first, n, x, dy,
                                     gated_scratch);
    if (pass.dz != nullptr) write_elements(pass.dz + base[3], elements, 3, first, n, gated);
    if (pass.dx != nullptr) {
        Acc *values = output_elements(pass.dx + base[2], elements, 2, first, n, dx_scratch);
        differentiate(span, backward_span_of_cell(pass.backward, cell), pass.through_statistics, n,
                      x, gated, values);
        write_elements(pass.dx + base[2], elements, 2, first, n, values);
    }
}

template <class T>
void rows_of_cells(const Problem &problem, const BackwardApplyPass<T> &pass, Range cells,
                   Range rows) {
    using Acc = Compute<T>;
    Acc x_scratch[kWideBlock];
    Acc dy_scratch[kWideBlock];
    Acc gated_scratch[kWideBlock];
    Acc dx_scratch[kWideBlock];
    const Axes &elements = pass.view.elements;
    const int64_t width = cells.length();
    const auto span = span_of_cells(pass.forward, cells.begin, pass.parameters,
                                    problem.parameter_of_cell(cells.begin));
    const auto back = backward_span_of_cells(pass.backward, cells.begin);
    int64_t base[4];
    for (int32_t t = 0; t < 4; ++t) base[t] = pass.view.cells.offset(cells.begin, t);
    for (int64_t r = rows.begin; r < rows.end; ++r) {
        const int64_t x_offset = base[0] + elements.offset(r, 0);
        const Acc *x = read_cells(pass.x + x_offset, width, x_scratch);
        const Acc *dy = read_cells(pass.dy + base[1] + elements.offset(r, 1), width, dy_scratch);
        const Acc *gated =
            gate_cells(pass.gate, pass.mask, span, x_offset, width, x, dy, gated_scratch);
        if (pass.dz != nullptr) {
            T *dz = pass.dz + base[3] + elements.offset(r, 3);
            for (int64_t c = 0; c < width; ++c) dz[c] = narrow<T>(gated[c]);
        }
        if (pass.dx != nullptr) {
            T *dx = pass.dx + base[2] + elements.offset(r, 2);
            Acc *values = output_cells(dx, dx_scratch);
            differentiate(span, back, pass.through_statistics, width, x, gated, values);
            write_cells(dx, width, values);
        }
    }
}

}  // namespace

template <class T>
void apply_backward(const Problem &problem, const BackwardApplyPass<T> &pass, Range cells,
                    int threads) {
    if (pass.dx == nullptr && pass.dz == nullptr) return;
    for_tiles(
        problem, pass, cells, threads,
        [&](Range block, Range rows) { rows_of_cells(problem, pass, block, rows); },
        [&](int64_t cell, int64_t first, int64_t n, const auto &span) {
            tile_of_cell(pass, cell, first, n, span);
        });
}

#define JSNORM_INSTANTIATE(T) \
    template void apply_backward<T>(const Problem &, const BackwardApplyPass<T> &, Range, int)
JSNORM_INSTANTIATE(float);
JSNORM_INSTANTIATE(double);
JSNORM_INSTANTIATE(Half);
JSNORM_INSTANTIATE(BFloat16);
#undef JSNORM_INSTANTIATE

}  // namespace jsnorm::cpu
