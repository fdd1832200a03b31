// SPDX-License-Identifier: Apache-2.0
// The reduction tree: which sums are formed in which order. It depends on the shape of a cell, on
// the number of parameters and on whether a view is in columns, on nothing else, so that results do
// not change with threads, alignment, instruction sets, or the number of other groups (gradients of
// parameters, which sum over all groups, aside). No chain of float additions is longer than 128
// terms; of rows, two are added to each other, and what merges them is double (docs/math.md,
// section 2).
#pragma once

#include <algorithm>

#include "src/core/problem.hpp"

namespace jsnorm::cpu {

// Rows: a tile of a cell is summed in kLanes interleaved chains of at most kTerms terms.
inline constexpr int64_t kLanes = 32;
inline constexpr int64_t kTerms = 128;
inline constexpr int64_t kTile = kLanes * kTerms;
// A kernel takes a tile of each of this many cells at most.
inline constexpr int64_t kCellsPerTile = 16;

// Columns: one chain of kColumnRows terms for each of up to kColumnBlock neighbouring cells.
inline constexpr int64_t kColumnRows = 128;
inline constexpr int64_t kColumnBlock = 2048;
// Fewer cells than half of this are folded (Cut::fold) to this many columns at most.
inline constexpr int64_t kFoldedWidth = 128;

// Consecutive tiles merge in order into one partial result, the unit of parallel work.
inline constexpr int64_t kTilesPerChunk = 8;

// Gradients of parameters that belong to elements: chains over this many consecutive rows.
inline constexpr int64_t kRowBlock = 128;

inline constexpr int64_t divide_up(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

// Some elements of a cell: `length` from `first` on of `segments` segments; in columns elements
// first, first + 1, ...
struct TileRange {
    int64_t first_segment;
    int64_t segments;
    int64_t first;
    int64_t length;
    // Of the last tile of a chunk: so many segments are between the chunk's first one and it.
    int64_t segments_into_chunk = 0;

    int64_t elements() const { return segments * length; }
};

// How the elements of a cell are cut into tiles, and these into chunks.
class Cut {
  public:
    Cut(const Problem &problem, bool columns);

    bool columns;
    // Rows: a cell is `segments` segments of `length` elements (planes of a batch norm's samples),
    // each of which begins with the first chain. Columns: one segment.
    int64_t segments;
    int64_t length;
    // Columns: with few cells, `fold` elements of a cell are summed in chains of their own, which
    // fills a vector with fold * cells neighbours.
    int64_t fold = 1;
    int64_t tiles;
    int64_t chunks;

    TileRange tile(int64_t index) const;
    int64_t first_tile(int64_t chunk) const { return chunk * kTilesPerChunk; }
    int64_t end_tile(int64_t chunk) const { return std::min(tiles, (chunk + 1) * kTilesPerChunk); }
    int64_t elements(int64_t chunk) const {
        return elements_before(end_tile(chunk)) - elements_before(first_tile(chunk));
    }

  private:
    int64_t elements_before(int64_t tile) const;

    int64_t tile_segments_ = 1;
    int64_t tile_length_;
    int64_t tiles_per_segment_;
};

}  // namespace jsnorm::cpu
