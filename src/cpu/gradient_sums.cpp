// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/gradient_sums.hpp"

#include "src/cpu/parallel.hpp"

namespace jsnorm::cpu {

namespace {

// One chunk of one cell whose elements share a parameter.
template <class T>
GradientSums chunk_of_cell(const Problem &problem, const GradientSumsPass<T> &pass,
                           const Chunks &chunks, int64_t chunk, int64_t cell) {
    using Acc = Compute<T>;
    Acc x_scratch[kTile];
    Acc dy_scratch[kTile];
    Acc gated_scratch[kTile];
    const Axes &elements = pass.view.elements;
    const int64_t x_offset = pass.view.cells.offset(cell, 0);
    const T *x_cell = pass.x + x_offset;
    const T *dy_cell = pass.dy + pass.view.cells.offset(cell, 1);
    const auto span =
        span_of_cell(pass.forward, cell, pass.parameters, problem.parameter_of_cell(cell));
    GradientSums total;
    for (int64_t first = chunks.begin(chunk); first < chunks.end(chunk); first += kTile) {
        const int64_t n = std::min(kTile, chunks.end(chunk) - first);
        const Acc *x = read_elements(x_cell, elements, 0, first, n, x_scratch);
        const Acc *dy = read_elements(dy_cell, elements, 1, first, n, dy_scratch);
        const Acc *gated = gate_elements(pass.gate, pass.mask, span, elements, x_offset, first, n,
                                         x, dy, gated_scratch);
        total += tile_gradient_sums<Acc>(gated, x, n, pass.backward.mean_head[cell],
                                         pass.backward.mean_tail[cell], nullptr);
    }
    return total;
}

// One chunk of a block of rows with a parameter for each element: sums of gamma*dy a row, and of
// dy*xhat and dy an element, the latter in float chains down the rows of the block.
template <class T>
void chunk_of_row_block(const Problem &problem, const GradientSumsPass<T> &pass,
                        const Chunks &chunks, int64_t chunk, Range rows) {
    using Acc = Compute<T>;
    Acc x_scratch[kTile];
    Acc dy_scratch[kTile];
    Acc gated_scratch[kTile];
    const Axes &elements = pass.view.elements;
    Acc *dgamma = pass.parameter_partials + rows.begin / kRowBlock * 2 * problem.shape.parameters;
    Acc *dbeta = dgamma + problem.shape.parameters;
    std::fill(dgamma + chunks.begin(chunk), dgamma + chunks.end(chunk), Acc(0));
    std::fill(dbeta + chunks.begin(chunk), dbeta + chunks.end(chunk), Acc(0));
    for (int64_t row = rows.begin; row < rows.end; ++row) {
        const int64_t x_offset = pass.view.cells.offset(row, 0);
        const T *x_cell = pass.x + x_offset;
        const T *dy_cell = pass.dy + pass.view.cells.offset(row, 1);
        GradientSums total;
        for (int64_t first = chunks.begin(chunk); first < chunks.end(chunk); first += kTile) {
            const int64_t n = std::min(kTile, chunks.end(chunk) - first);
            const auto span = span_of_row(pass.forward, row, pass.parameters, first);
            const Acc *x = read_elements(x_cell, elements, 0, first, n, x_scratch);
            const Acc *dy = read_elements(dy_cell, elements, 1, first, n, dy_scratch);
            const Acc *gated = gate_elements(pass.gate, pass.mask, span, elements, x_offset, first,
                                             n, x, dy, gated_scratch);
            total += tile_gradient_sums<Acc>(gated, x, n, pass.backward.mean_head[row],
                                             pass.backward.mean_tail[row], span.gamma);
#pragma omp simd
            for (int64_t i = 0; i < n; ++i) {
                const Acc xhat =
                    standardize(x[i], span.mean_head.value, span.mean_tail.value, span.rstd.value);
                dgamma[first + i] += gated[i] * xhat;
                dbeta[first + i] += gated[i];
            }
        }
        pass.partials[chunk * problem.cells + row] = total;
    }
}

// One chunk of a block of neighbouring cells. The column form of tile_gradient_sums().
template <class T>
void chunk_of_columns(const Problem &problem, const GradientSumsPass<T> &pass, const Chunks &chunks,
                      int64_t chunk, Range cells) {
    using Acc = Compute<T>;
    Acc x_scratch[kColumnBlock];
    Acc dy_scratch[kColumnBlock];
    Acc gated_scratch[kColumnBlock];
    const Axes &elements = pass.view.elements;
    const int64_t width = cells.length();
    const int64_t x_offset = pass.view.cells.offset(cells.begin, 0);
    const int64_t dy_offset = pass.view.cells.offset(cells.begin, 1);
    const auto span = span_of_cells(pass.forward, cells.begin, pass.parameters,
                                    problem.parameter_of_cell(cells.begin));
    const Acc *p = pass.backward.mean_head + cells.begin;
    const Acc *e = pass.backward.mean_tail + cells.begin;
    GradientSums total[kColumnBlock];
    for (int64_t first = chunks.begin(chunk); first < chunks.end(chunk); first += kColumnRows) {
        const int64_t end = std::min(first + kColumnRows, chunks.end(chunk));
        Acc sums[kColumnBlock] = {};
        Acc products[kColumnBlock] = {};
        for (int64_t r = first; r < end; ++r) {
            const int64_t x_row = x_offset + elements.offset(r, 0);
            const int64_t dy_row = dy_offset + elements.offset(r, 1);
            const Acc *x = read_cells(pass.x + x_row, width, x_scratch);
            const Acc *dy = read_cells(pass.dy + dy_row, width, dy_scratch);
            const Acc *gated =
                gate_cells(pass.gate, pass.mask, span, x_row, width, x, dy, gated_scratch);
#pragma omp simd
            for (int64_t c = 0; c < width; ++c) {
                sums[c] += gated[c];
                products[c] += gated[c] * ((x[c] - p[c]) - e[c]);
            }
        }
        for (int64_t c = 0; c < width; ++c) {
            total[c] += {static_cast<double>(sums[c]), static_cast<double>(products[c])};
        }
    }
    std::copy(total, total + width, pass.partials + chunk * problem.cells + cells.begin);
}

}  // namespace

template <class T>
void compute_gradient_sums(const Problem &problem, const GradientSumsPass<T> &pass, Range cells,
                           int threads) {
    const bool columns = pass.view.columns;
    const Chunks chunks(problem.cell_elements, columns);
    const int64_t width = columns ? kColumnBlock : (problem.parameter_per_element ? kRowBlock : 1);
    const CellBlocks blocks(pass.view, cells, width);
    parallel_for(threads, blocks.count * chunks.count, [&](int64_t unit) {
        const int64_t chunk = unit / blocks.count;
        const Range block = blocks[unit % blocks.count];
        if (columns) {
            chunk_of_columns(problem, pass, chunks, chunk, block);
        } else if (problem.parameter_per_element) {
            chunk_of_row_block(problem, pass, chunks, chunk, block);
        } else {
            pass.partials[chunk * problem.cells + block.begin] =
                chunk_of_cell(problem, pass, chunks, chunk, block.begin);
        }
    });
    parallel_for(threads, cells.length(), [&](int64_t i) {
        const int64_t cell = cells.begin + i;
        GradientSums total = pass.partials[cell];
        for (int64_t chunk = 1; chunk < chunks.count; ++chunk) {
            total += pass.partials[chunk * problem.cells + cell];
        }
        pass.sums[cell] = total;
    });
}

#define JSNORM_INSTANTIATE(T) \
    template void compute_gradient_sums<T>(const Problem &, const GradientSumsPass<T> &, Range, int)
JSNORM_INSTANTIATE(float);
JSNORM_INSTANTIATE(double);
JSNORM_INSTANTIATE(Half);
JSNORM_INSTANTIATE(BFloat16);
#undef JSNORM_INSTANTIATE

}  // namespace jsnorm::cpu
