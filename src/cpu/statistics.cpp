// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/statistics.hpp"

#include "src/cpu/gather.hpp"

namespace jsnorm::cpu {

namespace {

// One chunk of a block of cells in rows.
template <class T>
void chunk_of_rows(const Traversal &traversal, const T *x, Range cells, int64_t chunk,
                   MeanM2 *results) {
    Moments totals[kRowBlock];
    std::fill_n(totals, cells.length(), Moments{});
    traversal.for_tiles(cells, chunk, [&](Range some, const TileRange &tile) {
        Moments *total = totals + (some.begin - cells.begin);
        if (traversal.regular) {
            kernels<T>().moments_of_rows({tile.segments, some.length(), tile.length},
                                         traversal.rows(x, 0, some, tile, Order::kForward), total);
            return;
        }
        const View &view = traversal.view;
        for (int64_t cell = some.begin; cell < some.end; ++cell, ++total) {
            T values[kTile];
            gather_row(x + view.cells.offset(cell, 0), view.elements, 0,
                       first_element(traversal.cut, tile), tile.elements(), values);
            kernels<T>().moments_of_rows({tile.segments, 1, tile.length},
                                         Runs<const T>{values, tile.length, 0}, total);
        }
    });
    for (int64_t i = 0; i < cells.length(); ++i) results[i] = {totals[i].mean, totals[i].m2};
}

// One chunk of a block of neighbouring cells.
template <class T>
void chunk_of_columns(const Traversal &traversal, const T *x, Range cells, int64_t chunk,
                      MeanM2 *results) {
    const int64_t fold = traversal.cut.fold;
    const int64_t width = cells.length();
    double mean[kColumnBlock];
    double m2[kColumnBlock];
    std::fill_n(mean, width, 0.0);
    std::fill_n(m2, width, 0.0);
    int64_t before = 0;
    traversal.for_tiles(cells, chunk, [&](Range, const TileRange &tile) {
        const auto add = [&](const Runs<const T> &runs) {
            kernels<T>().moments_of_columns({tile.length / fold, fold, width, tile.length % fold},
                                            runs, static_cast<double>(before), {mean, m2});
            before += tile.length;
        };
        if (traversal.regular) return add(traversal.columns(x, 0, cells, tile.first, fold));
        T values[kGathered];
        const View &view = traversal.view;
        gather_columns(x + view.cells.offset(cells.begin, 0), view.elements, 0, tile.first,
                       tile.length, width, values);
        add({values, fold * width, 0});
    });
    for (int64_t c = 0; c < width; ++c) results[c] = {mean[c], m2[c]};
}

// Merges the parts of one statistic: cell by cell, chunk by chunk.
Moments merge_parts(const Problem &problem, const Cut &cut, int64_t statistic,
                    const MeanM2 *partials) {
    Moments total;
    const int64_t first = statistic * problem.cells_per_statistic;
    for (int64_t cell = first; cell < first + problem.cells_per_statistic; ++cell) {
        for (int64_t chunk = 0; chunk < cut.chunks; ++chunk) {
            const MeanM2 &part = partials[chunk * problem.cells + cell];
            total = merge(total, {static_cast<double>(cut.elements(chunk)), part.mean, part.m2});
        }
    }
    return total;
}

}  // namespace

template <class T>
void compute_statistics(const Problem &problem, const Traversal &traversal, const T *x, Range cells,
                        int threads, MeanM2 *partials, double *mean, double *m2) {
    traversal.for_units(cells, threads, Order::kForward, [&](Range block, int64_t chunk) {
        MeanM2 *results = partials + chunk * problem.cells + block.begin;
        if (traversal.cut.columns) {
            chunk_of_columns(traversal, x, block, chunk, results);
        } else {
            chunk_of_rows(traversal, x, block, chunk, results);
        }
    });
    const int64_t first = cells.begin / problem.cells_per_statistic;
    const int64_t count = cells.length() / problem.cells_per_statistic;
    if (traversal.cut.chunks == 1 && problem.cells_per_statistic == 1) {
        for (int64_t q = first; q < first + count; ++q) {
            mean[q] = partials[q].mean;
            m2[q] = partials[q].m2;
        }
        return;
    }
    parallel_for(threads, count, [&](int64_t i) {
        const Moments moments = merge_parts(problem, traversal.cut, first + i, partials);
        mean[first + i] = moments.mean;
        m2[first + i] = moments.m2;
    });
}

#define JSNORM_INSTANTIATE(T)                                                                      \
    template void compute_statistics<T>(const Problem &, const Traversal &, const T *, Range, int, \
                                        MeanM2 *, double *, double *)
JSNORM_INSTANTIATE(float);
JSNORM_INSTANTIATE(double);
JSNORM_INSTANTIATE(Half);
JSNORM_INSTANTIATE(BFloat16);
#undef JSNORM_INSTANTIATE

}  // namespace jsnorm::cpu
