// SPDX-License-Identifier: Apache-2.0
// The inputs of backward's two passes (gradient sums, then apply), and their tiles as kernels take
// them: in place, or gathered.
#pragma once

#include "src/cpu/block_coefficients.hpp"
#include "src/cpu/gather.hpp"
#include "src/cpu/traversal.hpp"

namespace jsnorm::cpu {

template <class T>
struct GradientPass {
    Traversal traversal;  // operand 0 is x, operand 1 is dy
    const T *x;
    const T *dy;
    Gate gate;
    const uint32_t *mask;  // for Gate::kMask
    ForwardCoefficients<Compute<T>> forward;
    BackwardCoefficients<Compute<T>> backward;
    ParameterValues<Compute<T>> parameters;
    bool parameter_per_element;
};

template <class T>
ParameterValues<Compute<T>> parameters_of_rows(const Problem &problem,
                                               const ParameterValues<Compute<T>> &parameters,
                                               int64_t cell, const TileRange &tile) {
    return parameters.from(problem.parameter_per_element ? tile.first
                                                         : problem.parameter_of_cell(cell));
}

template <class T>
GradientInput<T> rows_in_place(const Problem &problem, const GradientPass<T> &pass, Range cells,
                               const TileRange &tile, Order order, int64_t slab = 0) {
    const Traversal &traversal = pass.traversal;
    return {{tile.segments, cells.length(), tile.length},
            traversal.rows(pass.x, 0, cells, tile, order, slab),
            traversal.rows(pass.dy, 1, cells, tile, order, slab),
            pass.gate,
            traversal.rows_of_mask(pass.mask, cells, tile),
            pass.forward.from(cells.begin),
            pass.backward.from(cells.begin),
            parameters_of_rows<T>(problem, pass.parameters, cells.begin, tile),
            pass.parameter_per_element};
}

// Gathers a tile of one cell into x and dy, kTile elements each. The mask is applied to dy here.
template <class T>
GradientInput<T> gathered_row(const Problem &problem, const GradientPass<T> &pass, int64_t cell,
                              const TileRange &tile, T *x, T *dy) {
    const View &view = pass.traversal.view;
    const int64_t first = first_element(pass.traversal.cut, tile);
    const int64_t n = tile.elements();
    const int64_t x_offset = view.cells.offset(cell, 0);
    gather_row(pass.x + x_offset, view.elements, 0, first, n, x);
    gather_row(pass.dy + view.cells.offset(cell, 1), view.elements, 1, first, n, dy);
    const bool by_mask = pass.gate == Gate::kMask;
    if (by_mask) select_row(pass.mask, x_offset, view.elements, first, n, dy);
    return {{tile.segments, 1, tile.length},
            {x, tile.length, 0},
            {dy, tile.length, 0},
            by_mask ? Gate::kNone : pass.gate,
            {},
            pass.forward.from(cell),
            pass.backward.from(cell),
            parameters_of_rows<T>(problem, pass.parameters, cell, tile),
            pass.parameter_per_element};
}

// The elements of neighbouring cells from `first` on, `fold` lines per run.
template <class T>
GradientInput<T> columns_in_place(const GradientPass<T> &pass,
                                  const BlockCoefficients<Compute<T>> &coefficients, Range cells,
                                  int64_t first, int64_t fold, const Tile &tile) {
    const Traversal &traversal = pass.traversal;
    return {tile,
            traversal.columns(pass.x, 0, cells, first, fold),
            traversal.columns(pass.dy, 1, cells, first, fold),
            pass.gate,
            traversal.columns_of_mask(pass.mask, cells, first, fold),
            coefficients.forward,
            coefficients.backward,
            coefficients.parameters,
            false};
}

// Gathers n elements of each cell, from `first` on, into packed x and dy. The mask is applied to dy
// here.
template <class T>
void gather_gradient_columns(const GradientPass<T> &pass, Range cells, int64_t first, int64_t n,
                             T *x, T *dy) {
    const View &view = pass.traversal.view;
    const int64_t width = cells.length();
    const int64_t x_offset = view.cells.offset(cells.begin, 0);
    gather_columns(pass.x + x_offset, view.elements, 0, first, n, width, x);
    gather_columns(pass.dy + view.cells.offset(cells.begin, 1), view.elements, 1, first, n, width,
                   dy);
    if (pass.gate == Gate::kMask) {
        select_columns(pass.mask, x_offset, view.elements, first, n, width, dy);
    }
}

// A tile of gathered x and dy, whose runs begin `pitch` elements apart.
template <class T>
GradientInput<T> gathered_columns(const GradientPass<T> &pass,
                                  const BlockCoefficients<Compute<T>> &coefficients, const T *x,
                                  const T *dy, int64_t pitch, const Tile &tile) {
    return {tile,
            {x, pitch, 0},
            {dy, pitch, 0},
            pass.gate == Gate::kMask ? Gate::kNone : pass.gate,
            {},
            coefficients.forward,
            coefficients.backward,
            coefficients.parameters,
            false};
}

}  // namespace jsnorm::cpu
