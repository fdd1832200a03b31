// SPDX-License-Identifier: Apache-2.0
// An image: runs of memory copied to or from shared memory by accesses of 16 bytes, wherever the
// runs begin and end. A run is a plane of a tile of a row; where planes are short, the planes of
// all rows of a block, which follow each other in memory. The partial 16 bytes at a run's ends,
// whose other bytes somebody else may be writing, go element by element.
#pragma once

#include "kernels/rows/rows.cuh"
#include "kernels/tensor/rotated_packs.cuh"

namespace jsnorm::gpu {

struct Run {
    int64_t offset;  // in memory
    int length;
    int place;  // in the image
};

// The runs of a tile, which `threads` threads share. The first may begin inside a whole run.
struct Runs {
    int64_t offset;  // of the whole run that holds the first
    int64_t stride;  // from run to run in memory
    int length;      // of a whole run
    int skipped;     // elements of that run before the tile
    int spacing;     // from run to run in the image
    int end;         // of the image
    int count;
    bool exists;
    int thread;
    int threads;

    JSNORM_DEVICE Run run(int k) const {
        const int begin = k == 0 ? skipped : 0;
        const int place = k * spacing + begin - skipped;
        const int rest = end - place;
        return {offset + k * stride + begin, rest < length - begin ? rest : length - begin, place};
    }
};

// The planes of the span, shared by the lanes of the row.
template <int kLanes>
JSNORM_DEVICE Runs runs_of_row(const Rows &rows, const RowSpan &span, int operand) {
    const RowThread<kLanes> thread;
    const PlanePlace place = place_of(rows.plane, span.first);
    const int plane = static_cast<int>(rows.plane.inner.value);
    const int tile = tile_length(rows, span.first);
    Runs runs = {};
    runs.exists = span.count > 0;
    runs.stride = rows.plane.outer_stride[operand];
    if (runs.exists) {
        runs.offset = offset_of(rows.cells, span.cell, operand) + place.outer * runs.stride;
    }
    runs.length = plane;
    runs.skipped = place.inner;
    runs.spacing = plane;
    runs.end = tile;
    runs.count = divide_small(place.inner + tile - 1, rows.plane.inner) + 1;
    runs.thread = thread.lane;
    runs.threads = kLanes;
    return runs;
}

// The planes of all rows of the block, shared by all its threads. A tile has whole planes.
template <int kLanes>
JSNORM_DEVICE Runs runs_of_block(const Rows &rows, const RowSpan &span, int operand) {
    Runs runs = {};
    runs.exists = span.block.rows > 0;
    runs.stride = rows.plane.outer_stride[operand];
    if (runs.exists) {
        runs.offset = offset_of(rows.cells, span.block.first, operand) +
                      divide(span.first, rows.plane.inner) * runs.stride;
    }
    runs.length = span.block.rows * static_cast<int>(rows.plane.inner.value);
    runs.spacing = rows.image_spacing;
    runs.count = divide_small(tile_length(rows, span.first), rows.plane.inner);
    runs.end = runs.count * runs.spacing;
    runs.thread = static_cast<int>(threadIdx.x);
    runs.threads = kRowThreads<kLanes>;
    return runs;
}

// Elements between the last multiple of 16 bytes and the run's first element.
template <class T>
JSNORM_DEVICE int phase_of(global<T> tensor, const Run &run) {
    return bytes_beyond_16(tensor + run.offset) / static_cast<int>(sizeof(T));
}

// 16 aligned bytes of memory that hold elements of a run.
struct Slot {
    int64_t offset;
    int place;
    bool whole;  // all their elements are of the run
};

// index: run * slots + slot of the run.
template <class T>
JSNORM_DEVICE Slot slot_of(global<T> tensor, const Rows &rows, const Runs &runs, int index) {
    constexpr int kV = kWidth<T>;
    const int k = divide_small(index, rows.slots);
    if (k >= runs.count || !runs.exists) return {};
    const Run run = runs.run(k);
    const int begin = (index - k * static_cast<int>(rows.slots.value)) * kV - phase_of(tensor, run);
    return {run.offset + begin, run.place + begin, begin >= 0 && begin + kV <= run.length};
}

// Calls body(offset, place) for this thread's elements outside whole slots. Takes part: every lane
// of the warp. An index is an element of the first or of the last slot of a run.
template <class T, class Body>
JSNORM_DEVICE void for_ragged_ends(global<T> tensor, const Runs &runs, const Body &body) {
    constexpr int kV = kWidth<T>;
    JSNORM_ROLLED
    for (int first = 0; first < runs.count * 2 * kV; first += runs.threads) {
        const int index = first + runs.thread;
        const int k = index / (2 * kV);
        if (runs.exists && k < runs.count) {
            const Run run = runs.run(k);
            const int phase = phase_of(tensor, run);
            const int last = (phase + run.length - 1) / kV * kV;
            const bool at_end = index / kV % 2 != 0;
            const int begin = (at_end ? last : 0) - phase;
            const bool whole = begin >= 0 && begin + kV <= run.length;
            const int element = begin + index % kV;
            const bool inside = element >= 0 && element < run.length;
            if (!whole && inside && !(at_end && last == 0)) {
                body(run.offset + element, run.place + element);
            }
        }
        __syncwarp();
    }
}

// Memory -> image. Takes part: every lane of the warp.
template <Reuse kReuse, class T>
JSNORM_DEVICE void fill_image(shared<T> image, global<const T> tensor, const Rows &rows,
                              const Runs &runs) {
    constexpr int kInFlight = 2;  // loads of a thread
    const int slots = runs.count * static_cast<int>(rows.slots.value);
    JSNORM_ROLLED
    for (int first = runs.thread; first - runs.thread < slots; first += kInFlight * runs.threads) {
        Slot slot[kInFlight];
        Pack<T> packs[kInFlight];
        JSNORM_UNROLL
        for (int i = 0; i < kInFlight; ++i) {
            slot[i] = slot_of(tensor, rows, runs, first + i * runs.threads);
            if (slot[i].whole) packs[i] = load_pack<kReuse, T>(tensor + slot[i].offset);
        }
        JSNORM_UNROLL
        for (int i = 0; i < kInFlight; ++i) {
            if (slot[i].whole) {
                put_elements<T>(image, packs[i], [&](int e) { return slot[i].place + e; });
            }
        }
        __syncwarp();
    }
    for_ragged_ends(tensor, runs,
                    [&](int64_t offset, int place) { image[place] = load(tensor + offset); });
}

// Image -> memory. Takes part: every lane of the warp.
template <class T>
JSNORM_DEVICE void write_image(shared<const T> image, global<T> tensor, const Rows &rows,
                               const Runs &runs) {
    const int slots = runs.count * static_cast<int>(rows.slots.value);
    JSNORM_ROLLED
    for (int first = runs.thread; first - runs.thread < slots; first += runs.threads) {
        const Slot slot = slot_of(tensor, rows, runs, first);
        if (slot.whole) {
            store_pack<T>(tensor + slot.offset,
                          take_elements<T>(image, [&](int e) { return slot.place + e; }));
        }
        __syncwarp();
    }
    for_ragged_ends(tensor, runs,
                    [&](int64_t offset, int place) { store(tensor + offset, T(image[place])); });
}

}  // namespace jsnorm::gpu
