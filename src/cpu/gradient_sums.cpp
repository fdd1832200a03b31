// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/gradient_sums.hpp"

namespace jsnorm::cpu {

namespace {

// One chunk of a block of cells in rows.
template <class T>
void chunk_of_rows(const Problem &problem, const GradientSumsPass<T> &pass, Range cells,
                   int64_t chunk) {
    const Traversal &traversal = pass.traversal;
    GradientSums totals[kRowBlock] = {};
    Compute<T> *dgamma = nullptr;
    Compute<T> *dbeta = nullptr;
    if (problem.parameter_per_element) {
        const int64_t parameters = problem.shape.parameters;
        dgamma = pass.parameter_partials + cells.begin / kRowBlock * 2 * parameters;
        dbeta = dgamma + parameters;
        if (cells.begin % kRowBlock == 0) {
            const int64_t first = traversal.cut.tile(traversal.cut.first_tile(chunk)).first;
            const int64_t count = traversal.cut.elements(chunk);
            std::fill_n(dgamma + first, count, Compute<T>(0));
            std::fill_n(dbeta + first, count, Compute<T>(0));
        }
    }
    // Calls body(input, first cell) for some cells of a tile: in place, or gathered cell by cell.
    const auto with_kernel_tiles = [&](Range some, const TileRange &tile, const auto &body) {
        if (traversal.regular)
            return body(rows_in_place(problem, pass, some, tile, Order::kForward), some.begin);
        for (int64_t cell = some.begin; cell < some.end; ++cell) {
            T x[kTile];
            T dy[kTile];
            body(gathered_row(problem, pass, cell, tile, x, dy), cell);
        }
    };
    traversal.for_wide_tiles(cells, chunk, [&](Range rows, const TileRange &tile) {
        traversal.for_narrow_tiles(rows, [&](Range some) {
            with_kernel_tiles(some, tile, [&](const GradientInput<T> &input, int64_t first) {
                kernels<T>().gradient_sums_of_rows(input, totals + (first - cells.begin));
            });
        });
        if (dgamma == nullptr) return;
        with_kernel_tiles(rows, tile, [&](const GradientInput<T> &input, int64_t) {
            kernels<T>().parameter_gradients(input, dgamma + tile.first, dbeta + tile.first);
        });
    });
    std::copy_n(totals, cells.length(), pass.partials + chunk * problem.cells + cells.begin);
}

// One chunk of a block of neighbouring cells.
template <class T>
void chunk_of_columns(const Problem &problem, const GradientSumsPass<T> &pass, Range cells,
                      int64_t chunk) {
    const Traversal &traversal = pass.traversal;
    const int64_t fold = traversal.cut.fold;
    const int64_t width = cells.length();
    const BlockCoefficients<Compute<T>> folded(pass.forward, pass.backward, pass.parameters, cells,
                                               problem.parameter_of_cell(cells.begin), fold);
    double g[kColumnBlock];
    double g_centred[kColumnBlock];
    std::fill_n(g, fold * width, 0.0);
    std::fill_n(g_centred, fold * width, 0.0);
    traversal.for_tiles(cells, chunk, [&](Range, const TileRange &tile) {
        if (traversal.regular) {
            Traversal::for_folded(
                cells, tile.first, tile.length, fold, [&](int64_t first, const Tile &part) {
                    kernels<T>().gradient_sums_of_columns(
                        columns_in_place(pass, folded, cells, first, fold, part), {g, g_centred});
                });
            return;
        }
        T x[kGathered];
        T dy[kGathered];
        gather_gradient_columns(pass, cells, tile.first, tile.length, x, dy);
        Traversal::for_folded(cells, 0, tile.length, fold, [&](int64_t first, const Tile &part) {
            kernels<T>().gradient_sums_of_columns(
                gathered_columns(pass, folded, x + first * width, dy + first * width, fold * width,
                                 part),
                {g, g_centred});
        });
    });
    GradientSums *partials = pass.partials + chunk * problem.cells + cells.begin;
    for (int64_t c = 0; c < width; ++c) {
        GradientSums total = {};
        for (int64_t column = c; column < fold * width; column += width) {
            total += {g[column], g_centred[column]};
        }
        partials[c] = total;
    }
}

}  // namespace

template <class T>
void compute_gradient_sums(const Problem &problem, const GradientSumsPass<T> &pass, Range cells,
                           int threads) {
    const Cut &cut = pass.traversal.cut;
    pass.traversal.for_units(cells, threads, Order::kForward, [&](Range block, int64_t chunk) {
        if (cut.columns) {
            chunk_of_columns(problem, pass, block, chunk);
        } else {
            chunk_of_rows(problem, pass, block, chunk);
        }
    });
    for (int64_t cell = cells.begin; cell < cells.end; ++cell) {
        GradientSums total = pass.partials[cell];
        for (int64_t chunk = 1; chunk < cut.chunks; ++chunk) {
            total += pass.partials[chunk * problem.cells + cell];
        }
        pass.sums[cell] = total;
    }
}

#define JSNORM_INSTANTIATE(T) \
    template void compute_gradient_sums<T>(const Problem &, const GradientSumsPass<T> &, Range, int)
JSNORM_INSTANTIATE(float);
JSNORM_INSTANTIATE(double);
JSNORM_INSTANTIATE(Half);
JSNORM_INSTANTIATE(BFloat16);
#undef JSNORM_INSTANTIATE

}  // namespace jsnorm::cpu
