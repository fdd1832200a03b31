// SPDX-License-Identifier: Apache-2.0
// Cuts a range of cells into blocks, one per unit of work.
#pragma once

#include <algorithm>

#include "src/core/view.hpp"
#include "src/cpu/cut.hpp"

namespace jsnorm::cpu {

struct Range {
    int64_t begin = 0;
    int64_t end = 0;
    int64_t length() const { return end - begin; }
};

// Blocks of at most `width` consecutive cells, aligned to multiples of `width`. In columns a block
// stays within one line, where cells are neighbours in memory.
class CellBlocks {
  public:
    CellBlocks(const View &view, Range cells, int64_t width)
        : cells_(cells),
          width_(width),
          line_cells_(view.columns ? view.cells.inner_size() : cells.end),
          per_line_(divide_up(line_cells_, width)),
          first_(cells.length() > 0 ? index_of(cells.begin) : 0),
          count(cells.length() > 0 ? index_of(cells.end - 1) + 1 - first_ : 0) {}

    Range operator[](int64_t i) const {
        const int64_t index = first_ + i;
        const int64_t line_begin = index / per_line_ * line_cells_;
        const int64_t begin = line_begin + index % per_line_ * width_;
        const int64_t end = std::min(begin + width_, line_begin + line_cells_);
        return {std::max(begin, cells_.begin), std::min(end, cells_.end)};
    }

  private:
    int64_t index_of(int64_t cell) const {
        return cell / line_cells_ * per_line_ + cell % line_cells_ / width_;
    }

    Range cells_;
    int64_t width_;
    int64_t line_cells_;
    int64_t per_line_;
    int64_t first_;

  public:
    int64_t count;
};

}  // namespace jsnorm::cpu
