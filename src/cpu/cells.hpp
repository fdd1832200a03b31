// SPDX-License-Identifier: Apache-2.0
// Cuts a range of cells into the blocks that units of work take.
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

// Blocks of at most `width` cells, aligned to multiples of it; in columns within one row of the
// cell space, where cells are neighbours in memory.
class CellBlocks {
  public:
    CellBlocks(const View &view, Range cells, int64_t width)
        : cells_(cells),
          width_(width),
          row_(view.columns ? view.cells.inner_size() : cells.end),
          per_row_(divide_up(row_, width)),
          first_(cells.length() > 0 ? index_of(cells.begin) : 0),
          count(cells.length() > 0 ? index_of(cells.end - 1) + 1 - first_ : 0) {}

    Range operator[](int64_t i) const {
        const int64_t index = first_ + i;
        const int64_t row_begin = index / per_row_ * row_;
        const int64_t begin = row_begin + index % per_row_ * width_;
        const int64_t end = std::min(begin + width_, row_begin + row_);
        return {std::max(begin, cells_.begin), std::min(end, cells_.end)};
    }

  private:
    int64_t index_of(int64_t cell) const { return cell / row_ * per_row_ + cell % row_ / width_; }

    Range cells_;
    int64_t width_;
    int64_t row_;
    int64_t per_row_;
    int64_t first_;

  public:
    int64_t count;
};

}  // namespace jsnorm::cpu
