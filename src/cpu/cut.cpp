// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/cut.hpp"

namespace jsnorm::cpu {

namespace {

// Lines per run, so that a run fills vectors: fold * cells is a multiple of 16 if possible.
int64_t fold_of(int64_t cells) {
    constexpr int64_t kLeast = kFoldedWidth / 2;
    if (cells >= kLeast || cells == 0) return 1;
    const int64_t least = divide_up(kLeast, cells);
    for (int64_t fold = least; fold * cells <= kFoldedWidth; ++fold) {
        if (fold * cells % 16 == 0) return fold;
    }
    return least;
}

// Lines per tile: a tile should stay in a second-level cache while it is read twice.
int64_t lines_of(int64_t cells) {
    constexpr int64_t kElements = 64 * 1024;
    const int64_t lines = kElements / std::max<int64_t>(cells, 1);
    return std::clamp(lines / kLanes * kLanes, kLanes, kColumnLines);
}

}  // namespace

Cut::Cut(const Problem &problem, bool columns_)
    : columns(columns_), segments(1), length(problem.cell_elements) {
    if (columns) {
        fold = fold_of(problem.shape.parameters);
        tile_length_ = lines_of(problem.shape.parameters) * fold;
    } else {
        // Shorter segments would leave most chains empty: they are joined into one, in logical
        // order.
        const int64_t segment = problem.segment_elements;
        if (segment >= kLanes / 2) {
            segments = problem.cell_elements / segment;
            length = segment;
        }
        tile_length_ = std::min(length, kTile);
        if (length > 0 && length <= kTile / 2) tile_segments_ = kTerms / divide_up(length, kLanes);
    }
    tiles_per_segment_ = length == 0 ? 0 : divide_up(length, tile_length_);
    tiles = divide_up(segments, tile_segments_) * tiles_per_segment_;
    chunks = divide_up(tiles, kTilesPerChunk);
}

TileRange Cut::tile(int64_t index) const {
    const int64_t segment = index / tiles_per_segment_ * tile_segments_;
    const int64_t first = index % tiles_per_segment_ * tile_length_;
    return {segment, std::min(tile_segments_, segments - segment), first,
            std::min(tile_length_, length - first)};
}

int64_t Cut::elements_before(int64_t tile) const {
    const int64_t whole = std::min(tile / tiles_per_segment_ * tile_segments_, segments);
    return whole * length + tile % tiles_per_segment_ * tile_length_;
}

}  // namespace jsnorm::cpu
