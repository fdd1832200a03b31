// SPDX-License-Identifier: Apache-2.0
// How the elements of a cell are cut into tiles, chains and chunks, which fixes the order of every
// sum. It depends only on the shape of a cell, the number of parameters and the form (rows or
// columns). So results do not change with threads, alignment, instruction sets or the number of
// other groups (except gradients of parameters, which sum over all groups). src/core/view.hpp tells
// why the CUDA backend cuts differently.
//
// No chain of float additions has more than 128 terms. Long chains of equal terms all round to the
// same side, so those of deviations and their squares have 16, and those of gradients, which are
// often constant, 32 (64 in rows of several long segments). Rows add pairs of chains in
// float; everything else that merges chains is double (docs/math.md, section 2).
#pragma once

#include <algorithm>

#include "src/core/problem.hpp"

namespace jsnorm::cpu {

// Rows: a tile of a cell is summed in kLanes interleaved chains of at most kTerms terms.
inline constexpr int64_t kLanes = 32;
inline constexpr int64_t kTerms = 128;
inline constexpr int64_t kTile = kLanes * kTerms;
// Terms of a chain of deviations or squares, in rows and in columns.
inline constexpr int64_t kShortTerms = 16;
// Terms of a chain of gradients, or of gradients times deviations.
inline constexpr int64_t kGradientTerms = 32;
// The most cells that one kernel call takes.
inline constexpr int64_t kCellsPerTile = 16;

// Columns: one chain of kColumnLines terms for each of up to kColumnBlock neighbouring cells.
inline constexpr int64_t kColumnLines = 128;
inline constexpr int64_t kColumnBlock = 2048;
// Fewer cells than half of this are folded (Cut::fold), into at most this many columns.
inline constexpr int64_t kFoldedWidth = 128;

// A chunk, the unit of parallel work: this many consecutive tiles merge in order into one partial
// result.
inline constexpr int64_t kTilesPerChunk = 8;

// Gradients of parameters that belong to elements: a chain goes down this many rows.
inline constexpr int64_t kRowBlock = 128;

inline constexpr int64_t divide_up(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

// The elements of a cell in one tile. Rows: elements first ... first + length - 1 of each of
// `segments` segments. Columns: elements first ... first + length - 1.
struct TileRange {
    int64_t first_segment;
    int64_t segments;
    int64_t first;
    int64_t length;
    // In the last tile of a chunk: segments between the beginning of the chunk and this tile. Else
    // 0.
    int64_t segments_into_chunk = 0;

    int64_t elements() const { return segments * length; }
};

// Cuts the elements of a cell into tiles, and joins tiles into chunks.
class Cut {
  public:
    Cut(const Problem &problem, bool columns);

    bool columns;
    // Rows: a cell has `segments` segments of `length` elements (in a batch norm, one plane per
    // sample). Each segment begins with the first chain. Columns: one segment.
    int64_t segments;
    int64_t length;
    // Columns: `fold` lines form one run, whose columns have chains of their own. This fills
    // vectors where there are few cells; elsewhere it is 1.
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
