// SPDX-License-Identifier: Apache-2.0
// The lines of a thread between memory and registers.
//
// Where memory does not allow accesses of 16 bytes, and in the last folded line where it is cut
// short, elements go one by one. A thread then holds the same elements, so that every bit of the
// result is the same.
#pragma once

#include "kernels/columns/columns.cuh"

namespace jsnorm::gpu {

// Elements [0, count) of 16 bytes, the others 0.
template <class T>
JSNORM_DEVICE Pack<T> load_elements(global<const T> p, int count) {
    Pack<T> pack = {};
    JSNORM_UNROLL
    for (int e = 0; e < kWidth<T>; ++e) {
        if (e < count) pack.put(e, load(p + e));
    }
    return pack;
}

template <class T>
JSNORM_DEVICE void store_elements(global<T> p, const Pack<T> &pack, int count) {
    JSNORM_UNROLL
    for (int e = 0; e < kWidth<T>; ++e) {
        if (e < count) store(p + e, pack.element(e));
    }
}

// How tiles of a thread follow each other.
enum class ColumnTiles : int {
    kDealt,       // in turn with other chunks
    kNeighbours,  // without gaps
};

// A thread's lines in one operand, seen from one of its tiles. Line k is k lines of the thread
// behind the first one of that tile.
template <class T, ColumnPath kPath, ColumnTiles kTiles = ColumnTiles::kDealt>
class ColumnLines {
  public:
    using Value = std::remove_const_t<T>;

    JSNORM_DEVICE ColumnLines(global<T> tensor, const Columns &columns, const ColumnThread &thread,
                              const Strip &strip, const ColumnWalk &walk, int operand)
        : columns_(columns), walk_(walk), operand_(operand) {
        offset_ = offset_of(columns.outer, strip.outer, operand) + strip.first +
                  thread.lane * kWidth<Value>;
        if constexpr (kPath != ColumnPath::kAny) {
            offset_ += columns.line_step[operand] * walk.first;
            hop_ = static_cast<int>(columns.line_step[operand]) * columns.height;
            tile_hop_ = kTiles == ColumnTiles::kNeighbours
                            ? kTileLines * hop_
                            : static_cast<int>(columns.line_step[operand] * walk.tile_step);
        }
        pointer_ = tensor + offset_;
    }

    // To another tile.
    JSNORM_DEVICE void move(int tiles) {
        first_ += tiles * kTileLines;
        if constexpr (kPath != ColumnPath::kAny) {
            const int64_t distance = int64_t{tiles} * tile_hop_;
            pointer_ = pointer_ + distance;
            offset_ += distance;
        }
    }
    JSNORM_DEVICE int first() const { return first_; }

    // Offset in elements.
    JSNORM_DEVICE int64_t offset(int k) const { return offset_ + distance(k); }
    template <Reuse kReuse>
    JSNORM_DEVICE Pack<Value> load_line(int k) const {
        if (is_whole()) return load_pack<kReuse, Value>(pointer_ + distance(k));
        return load_elements<Value>(pointer_ + distance(k), walk_.width);
    }
    template <Reuse kReuse>
    JSNORM_DEVICE void store_line(int k, const Pack<Value> &pack) const {
        if (is_whole()) {
            store_pack<kReuse>(pointer_ + distance(k), pack);
        } else {
            store_elements<Value>(pointer_ + distance(k), pack, walk_.width);
        }
    }
    JSNORM_DEVICE Value load_element(int k, int e) const {
        return load(pointer_ + (distance(k) + e));
    }
    // The line that is cut short.
    JSNORM_DEVICE Pack<Value> load_partial() const {
        return load_elements<Value>(pointer_ + distance(walk_.count - first_), walk_.partial);
    }
    JSNORM_DEVICE void store_partial(const Pack<Value> &pack) const {
        store_elements<Value>(pointer_ + distance(walk_.count - first_), pack, walk_.partial);
    }

  private:
    JSNORM_DEVICE int64_t distance(int k) const {
        if constexpr (kPath == ColumnPath::kAny) {
            return offset_of(columns_.elements,
                             walk_.line(first_ + k, columns_.height) * columns_.fold, operand_);
        } else if constexpr (kTiles == ColumnTiles::kNeighbours) {
            return int64_t{k} * hop_;
        } else {
            return int64_t{k / kTileLines} * tile_hop_ + k % kTileLines * hop_;
        }
    }
    JSNORM_DEVICE bool is_whole() const {
        return kPath != ColumnPath::kAny || (columns_.vectors != 0 && walk_.width == kWidth<Value>);
    }

    const Columns &columns_;
    const ColumnWalk &walk_;
    global<T> pointer_;
    int64_t offset_;
    int operand_;
    int first_ = 0;     // line of the thread
    int hop_ = 0;       // from a line to the next of the same tile
    int tile_hop_ = 0;  // from a tile to the next
};

// Lines [0, kLines) from `operand`'s tile on, of which `count` are there; the others are 0.
template <Reuse kReuse, class Lines, class Value, int kLines>
JSNORM_DEVICE void load_lines(Pack<Value> (&lines)[kLines], const Lines &operand,
                              int count = kLines) {
    JSNORM_UNROLL
    for (int k = 0; k < kLines; ++k) {
        lines[k] = {};
        if (k < count) lines[k] = operand.template load_line<kReuse>(k);
    }
}

template <Reuse kReuse, class Lines, class Value, int kLines>
JSNORM_DEVICE void store_lines(const Pack<Value> (&lines)[kLines], const Lines &operand,
                               int count = kLines) {
    JSNORM_UNROLL
    for (int k = 0; k < kLines; ++k) {
        if (k < count) operand.template store_line<kReuse>(k, lines[k]);
    }
}

// The first lines of a unit: by loads that are marked evict-first where `streams`, else from the L2
// cache, so that they need not wait for the previous kernel.
template <class Lines, class Value, int kLines>
JSNORM_DEVICE void load_lines(Pack<Value> (&lines)[kLines], const Lines &operand, int count,
                              bool streams) {
    if (streams) {
        load_lines<Reuse::kNever>(lines, operand, count);
    } else {
        load_lines<Reuse::kFromL2>(lines, operand, count);
    }
}

}  // namespace jsnorm::gpu
