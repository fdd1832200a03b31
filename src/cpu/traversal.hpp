// SPDX-License-Identifier: Apache-2.0
// How a pass over some tensors goes through them: which cells and chunks make up a unit of work,
// and whether the tiles of a unit are runs at equal distances that kernels can be given as they
// lie. Passes over the same tensors take the same units on the same threads, so that a thread finds
// in its caches what it has seen before.
#pragma once

#include "src/cpu/cells.hpp"
#include "src/cpu/kernels.hpp"
#include "src/cpu/parallel.hpp"

namespace jsnorm::cpu {

// Groups that a thread takes at a time, in bytes of x: with the other tensors they should fit a
// second-level cache.
inline constexpr int64_t kSlabBytes = 128 * 1024;
// A slab of one larger group is worth asking for the next one up to here: both are in a last-level
// cache together.
inline constexpr int64_t kLargeSlabBytes = 4 * 1024 * 1024;

// How many cells these are, if they are such a slab and another one follows; else 0.
inline int64_t slab_before_another(const Problem &problem, Range cells) {
    const auto element = static_cast<int64_t>(bytes_of(problem.type));
    const bool fits = cells.length() * problem.cell_elements * element <= kLargeSlabBytes;
    return fits && cells.end < problem.cells ? cells.length() : 0;
}

class Traversal {
  public:
    Traversal(const Problem &problem, const View &view);

    View view;
    Cut cut;
    // False: the tiles of some tensor are not runs at equal distances (strides that are not
    // packed, cells of few elements in planes).
    bool regular;
    // Cells of a unit.
    int64_t block;

    // body(cells, chunk) for every unit of `cells`.
    template <class Body>
    void for_units(Range cells, int threads, Order order, const Body &body) const {
        const CellBlocks blocks(view, cells, block);
        parallel_for(
            threads, blocks.count * cut.chunks,
            [&](int64_t unit) { body(blocks[unit % blocks.count], unit / blocks.count); }, order);
    }

    // body(cells, tile) for the tiles of a unit, those of rows a few cells at a time: what a
    // first-level cache holds.
    template <class Body>
    void for_tiles(Range cells, int64_t chunk, const Body &body) const {
        for_tiles(cells, chunk, cells_of_tile_, body);
    }
    // The same where rows share parameters of elements: as many rows as a kernel takes.
    template <class Body>
    void for_wide_tiles(Range cells, int64_t chunk, const Body &body) const {
        for_tiles(cells, chunk, cells_of_wide_tile_, body);
    }
    // body(cells) for the tiles of a wide one.
    template <class Body>
    void for_narrow_tiles(Range cells, const Body &body) const {
        for (int64_t first = cells.begin; first < cells.end; first += cells_of_tile_) {
            body(Range{first, std::min(first + cells_of_tile_, cells.end)});
        }
    }

    // Where a regular tile lies in a tensor, by rows: one run for each segment and cell. What is
    // read soon is the next tile of a pass in this order or, where a slab of `slab` cells is in
    // cache already, the next one.
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

    // In columns: one run for each `fold` elements from element `first` on.
    template <class T>
    Runs<T> columns(T *data, int32_t operand, Range cells, int64_t first, int64_t fold) const {
        return {data + column_offset(operand, cells, first),
                view.elements.inner_stride(operand) * fold, 0};
    }
    template <class Word>
    MaskRuns<Word> columns_of_mask(Word *words, Range cells, int64_t first, int64_t fold) const {
        return {words, column_offset(0, cells, first), view.elements.inner_stride(0) * fold, 0};
    }

    // body(first, tile) for the kernel calls that `length` elements from element `first` on are in
    // columns: whole runs of `fold` elements, then what is left as a shorter run.
    template <class Body>
    static void for_folded(Range cells, int64_t first, int64_t length, int64_t fold,
                           const Body &body) {
        const int64_t runs = length / fold;
        const int64_t left = length % fold;
        if (runs > 0) body(first, Tile{runs, 1, fold * cells.length()});
        if (left > 0) body(first + runs * fold, Tile{1, 1, left * cells.length()});
    }

    // What elementwise passes, which have no reduction tree to follow, make of a tile of columns:
    // body(first, tile) as above where it is regular, else for each element's run of cells.
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
                const int64_t row_end = (first / row_ + 1) * row_;
                const int64_t end = std::min({first + step, row_end, cells.end});
                body(Range{first, end}, tile);
                first = end;
            }
        }
    }

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

    int64_t row_;  // of cells at equal distances that have parameters next to each other
    int64_t cells_of_tile_;
    int64_t cells_of_wide_tile_;
};

}  // namespace jsnorm::cpu
