// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/apply.hpp"

namespace jsnorm::cpu {

namespace {

template <class T>
void rows_in_place(const Problem &problem, const ForwardApplyPass<T> &pass, Range cells,
                   const TileRange &tile, int64_t slab) {
    const Traversal &traversal = pass.traversal;
    const Order order = Order::kBackward;
    const auto z =
        pass.z != nullptr ? traversal.rows(pass.z, 1, cells, tile, order) : Runs<const T>{};
    kernels<T>().forward_of_rows(
        {{tile.segments, cells.length(), tile.length},
         traversal.rows(pass.x, 0, cells, tile, order, slab),
         z,
         traversal.rows(pass.y, 2, cells, tile, order),
         traversal.rows_of_mask(pass.mask, cells, tile),
         pass.forward.from(cells.begin),
         parameters_of_rows<T>(problem, pass.parameters, cells.begin, tile),
         problem.parameter_per_element,
         pass.relu,
         pass.past_cache});
}

template <class T>
void gathered_row(const Problem &problem, const ForwardApplyPass<T> &pass, int64_t cell,
                  const TileRange &tile) {
    const Axes &elements = pass.traversal.view.elements;
    const Axes &cells = pass.traversal.view.cells;
    const int64_t first = first_element(pass.traversal.cut, tile);
    const int64_t n = tile.elements();
    T x[kTile];
    T z[kTile];
    T y[kTile];
    uint32_t bits[kTile / 32] = {};
    gather_row(pass.x + cells.offset(cell, 0), elements, 0, first, n, x);
    Runs<const T> z_runs;
    if (pass.z != nullptr) {
        gather_row(pass.z + cells.offset(cell, 1), elements, 1, first, n, z);
        z_runs = {z, tile.length, 0};
    }
    MaskRuns<uint32_t> mask;
    if (pass.mask != nullptr) mask = {bits, 0, tile.length, 0};
    kernels<T>().forward_of_rows({{tile.segments, 1, tile.length},
                                  {x, tile.length, 0},
                                  z_runs,
                                  {y, tile.length, 0},
                                  mask,
                                  pass.forward.from(cell),
                                  parameters_of_rows<T>(problem, pass.parameters, cell, tile),
                                  problem.parameter_per_element,
                                  pass.relu,
                                  false});
    scatter_row(y, elements, 2, first, n, pass.y + cells.offset(cell, 2));
    if (pass.mask != nullptr) {
        scatter_mask(bits, cells.offset(cell, 0), elements, first, n, pass.mask);
    }
}

template <class T>
void columns_in_place(const ForwardApplyPass<T> &pass,
                      const BlockCoefficients<Compute<T>> &coefficients, Range cells, int64_t first,
                      int64_t fold, const Tile &tile) {
    const Traversal &traversal = pass.traversal;
    const auto z =
        pass.z != nullptr ? traversal.columns(pass.z, 1, cells, first, fold) : Runs<const T>{};
    kernels<T>().forward_of_columns({tile, traversal.columns(pass.x, 0, cells, first, fold), z,
                                     traversal.columns(pass.y, 2, cells, first, fold),
                                     traversal.columns_of_mask(pass.mask, cells, first, fold),
                                     coefficients.forward, coefficients.parameters, false,
                                     pass.relu, pass.past_cache, pass.near});
}

}  // namespace

template <class T>
void apply_forward(const Problem &problem, const ForwardApplyPass<T> &pass, Range cells,
                   int threads) {
    const Traversal &traversal = pass.traversal;
    const int64_t slab = cells_to_next_slab(problem, cells);
    // Forward kernels do not read backward coefficients: any pointer will do.
    const BackwardCoefficients<Compute<T>> none(pass.forward.mean_head, 0);
    traversal.for_units(cells, threads, Order::kBackward, [&](Range block, int64_t chunk) {
        if (!traversal.cut.columns) {
            traversal.for_wide_tiles(block, chunk, [&](Range some, const TileRange &tile) {
                if (traversal.regular) return rows_in_place(problem, pass, some, tile, slab);
                for (int64_t cell = some.begin; cell < some.end; ++cell) {
                    gathered_row(problem, pass, cell, tile);
                }
            });
            return;
        }
        const int64_t fold = traversal.fold();
        const BlockCoefficients<Compute<T>> coefficients(pass.forward, none, pass.parameters, block,
                                                         problem.parameter_of_cell(block.begin),
                                                         fold);
        traversal.for_tiles(block, chunk, [&](Range some, const TileRange &tile) {
            traversal.for_calls(some, tile, [&](int64_t first, const Tile &part) {
                columns_in_place(pass, coefficients, some, first, fold, part);
            });
        });
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
