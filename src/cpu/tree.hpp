// SPDX-License-Identifier: Apache-2.0
// The reduction tree: which sums are formed in which order. It depends on the number of elements
// and on whether a view is in columns, on nothing else, so that results do not change with threads,
// alignment, or the number of other groups (gradients of parameters, which sum over all groups,
// aside). No chain of float additions is longer than 256 terms; what merges chains is double
// (docs/math.md, section 2).
#pragma once

#include <algorithm>
#include <cstdint>

namespace jsnorm::cpu {

// Rows: a tile of a cell is summed in kLanes interleaved chains, kTile/kLanes = 128 terms each.
inline constexpr int64_t kLanes = 32;
inline constexpr int64_t kTile = 4096;

// Columns: kColumnRows elements of each of up to kColumnBlock neighbouring cells, one chain a cell.
inline constexpr int64_t kColumnRows = 256;
inline constexpr int64_t kColumnBlock = 64;

// Consecutive tiles merge in order into one partial result, the unit of parallel work.
inline constexpr int64_t kTilesPerChunk = 16;

// Gradients of parameters that belong to elements: chains over this many consecutive rows.
inline constexpr int64_t kRowBlock = 128;

inline constexpr int64_t divide_up(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

inline constexpr int64_t tile_elements(bool columns) {
    return columns ? kColumnRows : kTile;
}

// How a cell of `elements` elements is cut.
struct Chunks {
    Chunks(int64_t elements, bool columns)
        : elements_(elements),
          tile(tile_elements(columns)),
          size(tile * kTilesPerChunk),
          count(divide_up(elements, size)) {}

    int64_t begin(int64_t chunk) const { return chunk * size; }
    int64_t end(int64_t chunk) const { return std::min(elements_, (chunk + 1) * size); }
    int64_t length(int64_t chunk) const { return end(chunk) - begin(chunk); }

  private:
    int64_t elements_;

  public:
    int64_t tile;
    int64_t size;
    int64_t count;
};

}  // namespace jsnorm::cpu
