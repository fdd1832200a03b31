// SPDX-License-Identifier: Apache-2.0
// How a pass goes through its tensors: which cells and chunks make up a unit of work, and whether
// kernels can take the tiles of a unit in place. Every pass gives the same units to the same
// threads, so that a thread finds in its caches what an earlier pass has read.
#pragma once

#include "src/cpu/cells.hpp"
#include "src/cpu/kernels.hpp"
#include "src/cpu/parallel.hpp"

namespace jsnorm::cpu {

// A slab is the groups that a thread takes at a time. Its bytes of x: with the other tensors it
// should fit a second-level cache.
inline constexpr int64_t kSlabBytes = 128 * 1024;
// A slab of one larger group prefetches the next slab if it has at most this many bytes: a
// last-level cache holds both.
inline constexpr int64_t kLargeSlabBytes = 4 * 1024 * 1024;

// The cells from one slab to the next, if `cells` is such a slab and another one follows; else 0.
inline int64_t cells_to_next_slab(const Problem &problem, Range cells) {
    const auto element = static_cast<int64_t>(bytes_of(problem.type));
    const bool fits = cells.length() * problem.cell_elements * element <= kLargeSlabBytes;
    return fits && cells.end < problem.cells ? cells.length() : 0;
}

class Traversal {
  public:
    Traversal(const Problem &problem, const View &view);

    View view;
    Cut cut;
    // Whether kernels take tiles in place: in every tensor, the runs of a tile are packed and lie
    // at equal distances. Other tiles are gathered.
    bool regular;
    // Cells per unit.
    int64_t block;

    // body(cells, chunk) for every unit of `cells`.
    template <class Body>
    void for_units(Range cells, int threads, Order order, const Body &body) const {
        const CellBlocks blocks(view, cells, block);
        parallel_for(
            threads, blocks.count * cut.chunks,
            [&](int64_t unit) { body(blocks[unit % blocks.count], unit / blocks.count); }, order);
    }

    // body(cells, tile) for the tiles of a unit. A tile of rows has as many cells as a first-level
    // cache holds.
    template <class Body>
    void for_tiles(Range cells, int64_t chunk, const Body &body) const {
        for_tiles(cells, chunk, cells_of_tile_, body);
    }
    // The same with wide tiles: rows that share parameters of elements come as many as a kernel
    // takes.
    template <class Body>
    void for_wide_tiles(Range cells, int64_t chunk, const Body &body) const {
        for_tiles(cells, chunk, cells_of_wide_tile_, body);
    }
    // body(cells) for each tile of for_tiles() in a wide one.
    template <class Body>
    void for_narrow_tiles(Range cells, const Body &body) const {
        for (int64_t first = cells.begin; first < cells.end; first += cells_of_tile_) {
            body(Range{first, std::min(first + cells_of_tile_, cells.end)});
        }
    }

    // Where a regular tile of rows lies in a tensor: one run per segment and cell. Its prefetch is
    // for the next tile in this order or, if a slab of `slab` cells is in cache already, for the
    // next slab.
    template <class T>
    Runs<T> rows(T *data, int32_t operand, Range cells, const TileRange &tile, Order order,
                 int64_t slab = 0) const {
        const int64_t distance = view.cells.inner_stride(operand);
        const int64_t ahead = slab > 0 ? slab * distance : to_next_tile(operand, tile, order);
        return {data + row_offset(operand, cells, tile), segment_stride(operand), distance, ahead};
    }
    template <class Word>
    MaskRuns<Word> rows_of_mask(Word *words, Range cells, const TileRange &tile) const {
        return {words, row_offset(0, cells, tile), segment_stride(0), view.cells.inner_stride(0)};
    }

    // The same in columns: one run for `fold` lines, beginning with element `first`.
    template <class T>
    Runs<T> columns(T *data, int32_t operand, Range cells, int64_t first, int64_t fold) const {
        return {data + column_offset(operand, cells, first),
                view.elements.inner_stride(operand) * fold, 0};
    }
    template <class Word>
    MaskRuns<Word> columns_of_mask(Word *words, Range cells, int64_t first, int64_t fold) const {
        return {words, column_offset(0, cells, first), view.elements.inner_stride(0) * fold, 0};
    }

    // Splits `length` lines from element `first` on into kernel calls body(first, tile): whole runs
    // of `fold` lines, then a shorter run.
    template <class Body>
    static void for_folded(Range cells, int64_t first, int64_t length, int64_t fold,
                           const Body &body) {
        const int64_t runs = length / fold;
        const int64_t left = length % fold;
        if (runs > 0) body(first, Tile{runs, 1, fold * cells.length()});
        if (left > 0) body(first + runs * fold, Tile{1, 1, left * cells.length()});
    }

    // The kernel calls of an elementwise pass for a tile of columns, as above. Irregular tiles go
    // line by line: an elementwise pass has no order of sums to keep.
    int64_t fold() const { return regular ? cut.fold : 1; }
    template <class Body>
    void for_calls(Range cells, const TileRange &tile, const Body &body) const {
        if (regular) return for_folded(cells, tile.first, tile.length, cut.fold, body);
        for (int64_t i = 0; i < tile.length; ++i) {
            body(tile.first + i, Tile{1, 1, cells.length()});
        }
    }

  private:
    template <class Body>
    void for_tiles(Range cells, int64_t chunk, int64_t step, const Body &body) const {
        const int64_t first_segment = cut.tile(cut.first_tile(chunk)).first_segment;
        for (int64_t i = cut.first_tile(chunk); i < cut.end_tile(chunk); ++i) {
            TileRange tile = cut.tile(i);
            if (i + 1 == cut.end_tile(chunk))
                tile.segments_into_chunk = tile.first_segment - first_segment;
            for (int64_t first = cells.begin; first < cells.end;) {
                const int64_t line_end = (first / line_ + 1) * line_;
                const int64_t end = std::min({first + step, line_end, cells.end});
                body(Range{first, end}, tile);
                first = end;
            }
        }
    }

    // Elements from a tile to the next one in this order: what to prefetch.
    int64_t to_next_tile(int32_t operand, const TileRange &tile, Order order) const;

    bool tiles_are_regular(const Problem &problem) const;
    int64_t segment_stride(int32_t operand) const;
    int64_t row_offset(int32_t operand, Range cells, const TileRange &tile) const {
        return view.cells.offset(cells.begin, operand) +
               tile.first_segment * segment_stride(operand) + tile.first;
    }
    int64_t column_offset(int32_t operand, Range cells, int64_t first) const {
        return view.cells.offset(cells.begin, operand) + view.elements.offset(first, operand);
    }

    int64_t line_;  // cells at equal distances, with neighbouring parameters
    int64_t cells_of_tile_;
    int64_t cells_of_wide_tile_;
};

}  // namespace jsnorm::cpu
