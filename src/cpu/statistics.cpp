// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/statistics.hpp"

#include "src/cpu/lanes.hpp"
#include "src/cpu/parallel.hpp"
#include "src/cpu/tile.hpp"

namespace jsnorm::cpu {

namespace {

// One chunk of one cell.
template <class T>
MeanM2 chunk_of_rows(const T *cell, const Axes &elements, const Chunks &chunks, int64_t chunk) {
    Compute<T> scratch[kTile];
    Moments total;
    for (int64_t first = chunks.begin(chunk); first < chunks.end(chunk); first += kTile) {
        const int64_t n = std::min(kTile, chunks.end(chunk) - first);
        const Compute<T> *values = read_elements(cell, elements, 0, first, n, scratch);
        total = merge(total, tile_moments(values, n));
    }
    return {total.mean, total.m2};
}

// Sum of ((x - pivot) * scale)^2 of one cell, in the scale of x.
template <class Acc>
double sum_of_column_squares(const Acc *const *rows, int64_t n, int64_t c, Acc pivot, Acc scale) {
    Acc sum = 0;
    for (int64_t i = 0; i < n; ++i) {
        const Acc d = (rows[i][c] - pivot) * scale;
        sum += d * d;
    }
    const auto factor = static_cast<double>(scale);
    return static_cast<double>(sum) / factor / factor;
}

// The moments of n elements of each of `width` neighbouring cells; rows[i] are the cells of element
// i. The column form of tile_moments(): one chain a cell, at most kColumnRows terms.
template <class Acc>
void column_moments(const Acc *const *rows, int64_t n, int64_t width, Moments *total) {
    Acc pivots[kColumnBlock];
    Acc residuals[kColumnBlock] = {};
    Acc squares[kColumnBlock] = {};
    const Acc *first = rows[0];
    for (int64_t i = 0; i < n; ++i) {
        const Acc *row = rows[i];
#pragma omp simd
        for (int64_t c = 0; c < width; ++c) residuals[c] += row[c] - first[c];
    }
    for (int64_t c = 0; c < width; ++c) {
        const double shift = static_cast<double>(residuals[c]) / static_cast<double>(n);
        pivots[c] = static_cast<Acc>(static_cast<double>(first[c]) + shift);
        residuals[c] = 0;
    }
    for (int64_t i = 0; i < n; ++i) {
        const Acc *row = rows[i];
#pragma omp simd
        for (int64_t c = 0; c < width; ++c) {
            const Acc d = row[c] - pivots[c];
            residuals[c] += d;
            squares[c] += d * d;
        }
    }
    for (int64_t c = 0; c < width; ++c) {
        double sum_squares = static_cast<double>(squares[c]);
        const Acc scale = square_scale<Acc>(sum_squares);
        if (scale != 1) sum_squares = sum_of_column_squares(rows, n, c, pivots[c], scale);
        total[c] =
            merge(total[c], moments_about(static_cast<double>(pivots[c]), static_cast<double>(n),
                                          static_cast<double>(residuals[c]), sum_squares));
    }
}

// One chunk of a block of neighbouring cells, the first of which lies at `block`.
template <class T>
void chunk_of_columns(const T *block, int64_t width, const Axes &elements, const Chunks &chunks,
                      int64_t chunk, MeanM2 *result) {
    Compute<T> scratch[kComputesInPlace<T> ? 1 : kColumnRows * kColumnBlock];
    const Compute<T> *rows[kColumnRows];
    Moments total[kColumnBlock];
    for (int64_t first = chunks.begin(chunk); first < chunks.end(chunk); first += kColumnRows) {
        const int64_t n = std::min(kColumnRows, chunks.end(chunk) - first);
        for_stretches(elements, 0, first, n, [&](int64_t done, int64_t length, int64_t offset) {
            for (int64_t i = 0; i < length; ++i) {
                const int64_t slot = kComputesInPlace<T> ? 0 : (done + i) * width;
                rows[done + i] = read_cells(block + offset + i * elements.inner_stride(0), width,
                                            scratch + slot);
            }
        });
        column_moments(rows, n, width, total);
    }
    for (int64_t c = 0; c < width; ++c) result[c] = {total[c].mean, total[c].m2};
}

// Merges the parts of one statistic: cell by cell, chunk by chunk.
Moments merge_parts(const Problem &problem, const Chunks &chunks, int64_t statistic,
                    const MeanM2 *partials) {
    Moments total;
    const int64_t first = statistic * problem.cells_per_statistic;
    for (int64_t cell = first; cell < first + problem.cells_per_statistic; ++cell) {
        for (int64_t chunk = 0; chunk < chunks.count; ++chunk) {
            const MeanM2 &part = partials[chunk * problem.cells + cell];
            total = merge(total, {static_cast<double>(chunks.length(chunk)), part.mean, part.m2});
        }
    }
    return total;
}

}  // namespace

template <class T>
void compute_statistics(const Problem &problem, const View &view, const T *x, Range cells,
                        int threads, MeanM2 *partials, double *mean, double *m2) {
    const Chunks chunks(problem.cell_elements, view.columns);
    const CellBlocks blocks(view, cells, view.columns ? kColumnBlock : 1);
    parallel_for(threads, blocks.count * chunks.count, [&](int64_t unit) {
        const int64_t chunk = unit / blocks.count;
        const Range block = blocks[unit % blocks.count];
        const T *first = x + view.cells.offset(block.begin, 0);
        MeanM2 *result = partials + chunk * problem.cells + block.begin;
        if (view.columns) {
            chunk_of_columns(first, block.length(), view.elements, chunks, chunk, result);
        } else {
            *result = chunk_of_rows(first, view.elements, chunks, chunk);
        }
    });
    const int64_t first = cells.begin / problem.cells_per_statistic;
    const int64_t count = cells.length() / problem.cells_per_statistic;
    parallel_for(threads, count, [&](int64_t i) {
        const Moments moments = merge_parts(problem, chunks, first + i, partials);
        mean[first + i] = moments.mean;
        m2[first + i] = moments.m2;
    });
}

#define JSNORM_INSTANTIATE(T)                                                                 \
    template void compute_statistics<T>(const Problem &, const View &, const T *, Range, int, \
                                        MeanM2 *, double *, double *)
JSNORM_INSTANTIATE(float);
JSNORM_INSTANTIATE(double);
JSNORM_INSTANTIATE(Half);
JSNORM_INSTANTIATE(BFloat16);
#undef JSNORM_INSTANTIATE

}  // namespace jsnorm::cpu
