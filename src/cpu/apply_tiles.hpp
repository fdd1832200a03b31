// SPDX-License-Identifier: Apache-2.0
// How elementwise work is cut into units; forward and backward cut alike.
#pragma once

#include "src/cpu/cells.hpp"
#include "src/cpu/coefficients.hpp"
#include "src/cpu/parallel.hpp"

namespace jsnorm::cpu {

inline constexpr int64_t kWideBlock = 1024;  // neighbouring cells at a time

// In columns: rows(cells, elements) for blocks of neighbouring cells. Else: tile(cell, first, n,
// span) for elements [first, first + n) of a cell, with the span of their coefficients. Pass:
// ForwardApplyPass or BackwardApplyPass.
template <class Pass, class Rows, class Tile>
void for_tiles(const Problem &problem, const Pass &pass, Range cells, int threads, const Rows &rows,
               const Tile &tile) {
    const bool columns = pass.view.columns;
    const CellBlocks blocks(pass.view, cells, columns ? kWideBlock : 1);
    const int64_t step = tile_elements(columns);
    const int64_t tiles = divide_up(problem.cell_elements, step);
    parallel_for(threads, blocks.count * tiles, [&](int64_t unit) {
        const int64_t first = unit % tiles * step;
        const int64_t end = std::min(first + step, problem.cell_elements);
        const Range block = blocks[unit / tiles];
        const int64_t cell = block.begin;
        if (columns) {
            rows(block, Range{first, end});
        } else if (problem.parameter_per_element) {
            tile(cell, first, end - first, span_of_row(pass.forward, cell, pass.parameters, first));
        } else {
            tile(
                cell, first, end - first,
                span_of_cell(pass.forward, cell, pass.parameters, problem.parameter_of_cell(cell)));
        }
    });
}

}  // namespace jsnorm::cpu
