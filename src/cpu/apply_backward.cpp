// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/apply.hpp"

namespace jsnorm::cpu {

namespace {

template <class T>
void in_place(const Problem &problem, const BackwardApplyPass<T> &pass, Range cells,
              const TileRange &tile, int64_t slab) {
    const Traversal &traversal = pass.traversal;
    const auto output = [&](T *data, int32_t operand) {
        return data != nullptr ? traversal.rows(data, operand, cells, tile, Order::kBackward)
                               : Runs<T>{};
    };
    kernels<T>().backward_of_rows(
        {rows_in_place(problem, pass, cells, tile, Order::kBackward, slab), output(pass.dx, 2),
         output(pass.dz, 3), pass.through_statistics, pass.past_cache});
}

template <class T>
void gathered(const Problem &problem, const BackwardApplyPass<T> &pass, int64_t cell,
              const TileRange &tile) {
    const Axes &elements = pass.traversal.view.elements;
    const Axes &cells = pass.traversal.view.cells;
    T x[kTile];
    T dy[kTile];
    T dx[kTile];
    T dz[kTile];
    const auto output = [&](const T *data, T *buffer) {
        return data != nullptr ? Runs<T>{buffer, tile.length, 0} : Runs<T>{};
    };
    kernels<T>().backward_of_rows({gathered_row(problem, pass, cell, tile, x, dy),
                                   output(pass.dx, dx), output(pass.dz, dz),
                                   pass.through_statistics, false});
    const auto put = [&](const T *buffer, int32_t operand, T *data) {
        if (data == nullptr) return;
        scatter_row(buffer, elements, operand, first_element(pass.traversal.cut, tile),
                    tile.elements(), data + cells.offset(cell, operand));
    };
    put(dx, 2, pass.dx);
    put(dz, 3, pass.dz);
}

template <class T>
void columns(const BackwardApplyPass<T> &pass, const BlockCoefficients<Compute<T>> &coefficients,
             Range cells, int64_t first, int64_t fold, const Tile &tile) {
    const Traversal &traversal = pass.traversal;
    const auto output = [&](T *data, int32_t operand) {
        return data != nullptr ? traversal.columns(data, operand, cells, first, fold) : Runs<T>{};
    };
    kernels<T>().backward_of_columns(
        {columns_in_place(pass, coefficients, cells, first, fold, tile), output(pass.dx, 2),
         output(pass.dz, 3), pass.through_statistics, pass.past_cache, pass.near});
}

}  // namespace

template <class T>
void apply_backward(const Problem &problem, const BackwardApplyPass<T> &pass, Range cells,
                    int threads) {
    if (pass.dx == nullptr && pass.dz == nullptr) return;
    const Traversal &traversal = pass.traversal;
    const int64_t slab = cells_to_next_slab(problem, cells);
    traversal.for_units(cells, threads, Order::kBackward, [&](Range block, int64_t chunk) {
        if (!traversal.cut.columns) {
            traversal.for_wide_tiles(block, chunk, [&](Range some, const TileRange &tile) {
                if (traversal.regular) return in_place(problem, pass, some, tile, slab);
                for (int64_t cell = some.begin; cell < some.end; ++cell) {
                    gathered(problem, pass, cell, tile);
                }
            });
            return;
        }
        const int64_t fold = traversal.fold();
        const BlockCoefficients<Compute<T>> coefficients(
            pass.forward, pass.backward, pass.parameters, block,
            problem.parameter_of_cell(block.begin), fold);
        traversal.for_tiles(block, chunk, [&](Range some, const TileRange &tile) {
            traversal.for_calls(some, tile, [&](int64_t first, const Tile &part) {
                columns(pass, coefficients, some, first, fold, part);
            });
        });
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
