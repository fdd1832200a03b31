// SPDX-License-Identifier: Apache-2.0
// Memory as it lies, copied to and from shared memory by accesses of 16 bytes, wherever its runs
// begin and end: the planes of a tile of a row, or, where these are short, of all rows of a block,
// whose planes follow each other. What is no whole 16 bytes at the ends of runs, which others may
// be writing, goes element by element.
#pragma once

#include "kernels/rows/rows.cuh"
#include "kernels/tensor/rotated_packs.cuh"

namespace jsnorm::gpu {

// A run, and where it begins in the image.
struct Run {
    int64_t offset;
    int length;
    int place;
};

// The runs of a tile for `threads` threads that share them.
struct Runs {
    int64_t offset;  // of the first one's whole run
    int64_t stride;
    int length;   // of a whole run
    int skipped;  // elements of the first one that are before the tile
    int spacing;  // from run to run in the image
    int end;      // of the image
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

// A tile has whole planes.
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

// Elements by which a run begins beyond a multiple of 16 bytes.
template <class T>
JSNORM_DEVICE int phase_of(global<T> tensor, const Run &run) {
    return bytes_beyond_16(tensor + run.offset) / static_cast<int>(sizeof(T));
}

// 16 bytes of a run.
struct Slot {
    int64_t offset;
    int place;
    bool whole;
};

template <class T>
JSNORM_DEVICE Slot slot_of(global<T> tensor, const Rows &rows, const Runs &runs, int index) {
    constexpr int kV = kWidth<T>;
    const int k = divide_small(index, rows.slots);
    if (k >= runs.count || !runs.exists) return {0, 0, false};
    const Run run = runs.run(k);
    const int begin = (index - k * static_cast<int>(rows.slots.value)) * kV - phase_of(tensor, run);
    return {run.offset + begin, run.place + begin, begin >= 0 && begin + kV <= run.length};
}

// Calls body(offset, place) for the elements of this thread that belong to no whole 16 bytes.
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

template <Reuse kReuse, class T>
JSNORM_DEVICE void fill_image(shared<T> image, global<const T> tensor, const Rows &rows,
                              const Runs &runs) {
    constexpr int kAtOnce = 2;
    const int slots = runs.count * static_cast<int>(rows.slots.value);
    JSNORM_ROLLED
    for (int first = runs.thread; first - runs.thread < slots; first += kAtOnce * runs.threads) {
        Slot at[kAtOnce];
        Pack<T> packs[kAtOnce];
        JSNORM_UNROLL
        for (int i = 0; i < kAtOnce; ++i) {
            at[i] = slot_of(tensor, rows, runs, first + i * runs.threads);
            if (at[i].whole) packs[i] = load_pack<kReuse, T>(tensor + at[i].offset);
        }
        JSNORM_UNROLL
        for (int i = 0; i < kAtOnce; ++i) {
            if (at[i].whole) {
                put_elements<T>(image, packs[i], [&](int e) { return at[i].place + e; });
            }
        }
        __syncwarp();
    }
    for_ragged_ends(tensor, runs,
                    [&](int64_t offset, int place) { image[place] = load(tensor + offset); });
}

template <class T>
JSNORM_DEVICE void write_image(shared<const T> image, global<T> tensor, const Rows &rows,
                               const Runs &runs) {
    const int slots = runs.count * static_cast<int>(rows.slots.value);
    JSNORM_ROLLED
    for (int first = runs.thread; first - runs.thread < slots; first += runs.threads) {
        const Slot at = slot_of(tensor, rows, runs, first);
        if (at.whole) {
            store_pack<T>(tensor + at.offset,
                          take_elements<T>(image, [&](int e) { return at.place + e; }));
        }
        __syncwarp();
    }
    for_ragged_ends(tensor, runs,
                    [&](int64_t offset, int place) { store(tensor + offset, T(image[place])); });
}

}  // namespace jsnorm::gpu
