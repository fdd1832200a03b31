// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/apply.hpp"
#include "src/cpu/apply_tiles.hpp"

namespace jsnorm::cpu {

namespace {

// values = preactivations. May be x or z itself.
template <class Acc, class Span>
void preactivate(const Span &span, int64_t n, const Acc *x, const Acc *z, Acc *values) {
    const auto value = [&](int64_t i) {
        const Acc xhat =
            standardize(x[i], Acc(span.mean_head[i]), Acc(span.mean_tail[i]), Acc(span.rstd[i]));
        return preactivation(xhat, Acc(span.gamma[i]), Acc(span.beta[i]));
    };
    if (z == nullptr) {
#pragma omp simd
        for (int64_t i = 0; i < n; ++i) values[i] = value(i);
    } else {
#pragma omp simd
        for (int64_t i = 0; i < n; ++i) values[i] = value(i) + z[i];
    }
}

template <class Acc>
void activate(int64_t n, Acc *values) {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) values[i] = relu(values[i]);
}

template <class T, class SpanOfTile>
void tile_of_cell(const ForwardApplyPass<T> &pass, int64_t cell, int64_t first, int64_t n,
                  const SpanOfTile &span) {
    using Acc = Compute<T>;
    Acc x_scratch[kTile];
    Acc z_scratch[kTile];
    Acc y_scratch[kTile];
    const Axes &elements = pass.view.elements;
    const int64_t x_offset = pass.view.cells.offset(cell, 0);
    T *y_cell = pass.y + pass.view.cells.offset(cell, 2);
    const Acc *x = read_elements(pass.x + x_offset, elements, 0, first, n, x_scratch);
    const Acc *z = nullptr;
    if (pass.z != nullptr) {
        z = read_elements(pass.z + pass.view.cells.offset(cell, 1), elements, 1, first, n,
                          z_scratch);
    }
    Acc *values = output_elements(y_cell, elements, 2, first, n, y_scratch);
    preactivate(span, n, x, z, values);
    if (pass.mask != nullptr) {
        for_stretches(elements, 0, first, n, [&](int64_t done, int64_t length, int64_t offset) {
            set_mask(pass.mask, x_offset + offset, elements.inner_stride(0), length, values + done);
        });
    }
    if (pass.relu) activate(n, values);
    write_elements(y_cell, elements, 2, first, n, values);
}

template <class T>
void rows_of_cells(const Problem &problem, const ForwardApplyPass<T> &pass, Range cells,
                   Range rows) {
    using Acc = Compute<T>;
    Acc x_scratch[kWideBlock];
    Acc z_scratch[kWideBlock];
    Acc y_scratch[kWideBlock];
    const Axes &elements = pass.view.elements;
    const int64_t width = cells.length();
    const auto span = span_of_cells(pass.forward, cells.begin, pass.parameters,
                                    problem.parameter_of_cell(cells.begin));
    int64_t base[3];
    for (int32_t t = 0; t < 3; ++t) base[t] = pass.view.cells.offset(cells.begin, t);
    for (int64_t r = rows.begin; r < rows.end; ++r) {
        const int64_t x_offset = base[0] + elements.offset(r, 0);
        T *y_cells = pass.y + base[2] + elements.offset(r, 2);
        const Acc *x = read_cells(pass.x + x_offset, width, x_scratch);
        const Acc *z = nullptr;
        if (pass.z != nullptr) {
            z = read_cells(pass.z + base[1] + elements.offset(r, 1), width, z_scratch);
        }
        Acc *values = output_cells(y_cells, y_scratch);
        preactivate(span, width, x, z, values);
        if (pass.mask != nullptr) set_mask(pass.mask, x_offset, 1, width, values);
        if (pass.relu) activate(width, values);
        write_cells(y_cells, width, values);
    }
}

}  // namespace

template <class T>
void apply_forward(const Problem &problem, const ForwardApplyPass<T> &pass, Range cells,
                   int threads) {
    for_tiles(
        problem, pass, cells, threads,
        [&](Range block, Range rows) { rows_of_cells(problem, pass, block, rows); },
        [&](int64_t cell, int64_t first, int64_t n, const auto &span) {
            tile_of_cell(pass, cell, first, n, span);
        });
}

#define JSNORM_INSTANTIATE(T) \
    template void apply_forward<T>(const Problem &, const ForwardApplyPass<T> &, Range, int)
JSNORM_INSTANTIATE(float);
JSNORM_INSTANTIATE(double);
JSNORM_INSTANTIATE(Half);
JSNORM_INSTANTIATE(BFloat16);
#undef JSNORM_INSTANTIATE

}  // namespace jsnorm::cpu
