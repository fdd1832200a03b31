// SPDX-License-Identifier: Apache-2.0
// The ReLU mask of a tile of a row: written from bits that lanes hold, and read to gate dy. Where a
// lane's vector is not one access of x, the bits go through shared memory, a byte for each vector.
#pragma once

#include "kernels/rows/tiles.cuh"
#include "kernels/tensor/mask.cuh"

namespace jsnorm::gpu {

// The bits of vector i; `positive` has kWidth<T> bits for each vector.
template <class T>
JSNORM_DEVICE uint32_t bits_of(uint64_t positive, int i) {
    return static_cast<uint32_t>(positive >> (i * kWidth<T>)) & ((1u << kWidth<T>)-1);
}

// Bytes of a row: one for each vector. Where rows share a run, neighbouring rows begin in different
// banks.
template <class T, int kLanes>
JSNORM_DEVICE int mask_row_bytes(const Rows &rows) {
    constexpr int kBank = 4;
    if (rows.access != RowAccess::kBlockSpans) return kLanes * kTileVectors;
    const int plane_bytes = static_cast<int>(rows.plane.inner.value) / kWidth<T>;
    return kLanes * kTileVectors + (plane_bytes < kBank ? kBank : plane_bytes);
}

// The most words that hold the bits of a run.
JSNORM_DEVICE int words_of_run(const Runs &runs) {
    const int longest = runs.length < runs.end ? runs.length : runs.end;
    return (longest + 30) / 32 + 1;
}

// The words of the mask from the bytes that the rows have written, each word by one thread.
template <class T, int kLanes>
JSNORM_DEVICE void merge_mask_words(shared<const unsigned char> bytes, global<uint32_t> mask,
                                    const Rows &rows, const RowSpan &span) {
    const int row_bytes = mask_row_bytes<T, kLanes>(rows);
    const bool of_block = rows.access == RowAccess::kBlockSpans;
    const Runs runs = of_block ? runs_of_block<kLanes>(rows, span, kRowX)
                               : runs_of_row<kLanes>(rows, span, kRowX);
    if (!runs.exists) return;
    const int plane = static_cast<int>(rows.plane.inner.value);
    int words = words_of_run(runs);
    // A warp works on words of one long run, whose banks follow each other.
    const int warp = runs.threads < kWarp ? runs.threads : kWarp;
    if (words > 2) words = (words + warp - 1) / warp * warp;
    JSNORM_ROLLED
    for (int index = runs.thread; index < runs.count * words; index += runs.threads) {
        const int k = index / words;
        const Run run = runs.run(k);
        const int64_t word = run.offset / 32 + (index - k * words);
        const int begin = static_cast<int>(word * 32 - run.offset);
        uint32_t bits = 0;
        JSNORM_ROLLED
        for (int step = 0; step < 32; ++step) {
            // Neighbouring groups of 8 threads begin 8 bits apart: their bytes are in different
            // banks.
            const int bit = (step + static_cast<int>(threadIdx.x) / 8 * 8) % 32;
            const int element = begin + bit;
            if (element < 0 || element >= run.length) continue;
            const int row = of_block ? divide_small(element, rows.plane.inner)
                                     : static_cast<int>(span.cell - span.block.first);
            const int position = of_block ? k * plane + element - row * plane : run.place + element;
            const unsigned vector =
                static_cast<unsigned char>(bytes[row * row_bytes + position / kWidth<T>]);
            bits |= (vector >> (position % kWidth<T>)&1u) << bit;
        }
        if (bits != 0) atomic_or(mask + word, bits);
    }
}

// whole_words: no two rows share a word. Takes part: every thread of the block.
template <class T, int kLanes>
JSNORM_DEVICE void store_mask(uint64_t positive, global<uint32_t> mask, bool whole_words,
                              const Rows &rows, const RowSpan &span, const RowStaging<T> &staging) {
    const RowThread<kLanes> thread;
    const int64_t base = span.count > 0 ? offset_of(rows.cells, span.cell, kRowX) : 0;
    if (rows.access == RowAccess::kVectors) {
        const PlanePlace place = place_of(rows.plane, span.first);
        const int lane = opaque(thread.lane);
        JSNORM_UNROLL
        for (int i = 0; i < kTileVectors; ++i) {
            const int index = vector_index<T, kLanes>(i, lane);
            const bool inside = index < span.count;
            const int64_t offset = base + plane_offset(rows.plane, place, index, kRowX);
            if (whole_words) {
                write_mask<T>(mask, offset, bits_of<T>(positive, i), inside);
            } else if (inside) {
                merge_mask(mask, offset, bits_of<T>(positive, i));
            }
        }
        return;
    }

    // The bytes of all rows.
    const shared<unsigned char> bytes = shared_cast<unsigned char>(staging.tiles);
    const int row = span.count > 0 ? static_cast<int>(span.cell - span.block.first) : 0;
    const shared<unsigned char> row_bytes = bytes + row * mask_row_bytes<T, kLanes>(rows);
    __syncthreads();
    if (span.count > 0) {
        JSNORM_UNROLL
        for (int i = 0; i < kTileVectors; ++i) {
            row_bytes[i * kLanes + thread.lane] =
                static_cast<unsigned char>(bits_of<T>(positive, i));
        }
    }
    __syncthreads();

    // Bytes -> words of the mask, or single bits where elements have strides.
    if (rows.access != RowAccess::kElements) {
        merge_mask_words<T, kLanes>(bytes, mask, rows, span);
        return;
    }
    JSNORM_ROLLED
    for (int index = thread.lane; index < span.count; index += kLanes) {
        const unsigned bits = static_cast<unsigned char>(row_bytes[index / kWidth<T>]);
        merge_mask(mask, base + offset_of(rows.elements, span.first + index, kRowX),
                   bits >> (index % kWidth<T>)&1u);
    }
}

// The bits of `length` elements from `index` of the tile on, which may lie in several planes.
template <class T>
JSNORM_DEVICE uint32_t span_bits(global<const uint32_t> mask, const Rows &rows, int64_t base,
                                 const PlanePlace &place, int index, int length) {
    const int plane = static_cast<int>(rows.plane.inner.value);
    uint32_t bits = 0;
    int done = 0;
    JSNORM_ROLLED
    while (done < length) {
        const int position = place.inner + index + done;
        const int rest = plane - (position - divide_small(position, rows.plane.inner) * plane);
        const int count = rest < length - done ? rest : length - done;
        const int64_t offset = base + plane_offset(rows.plane, place, index + done, kRowX);
        bits |= mask_bits(mask, offset, count) << done;
        done += count;
    }
    return bits;
}

// The bytes of the block's rows, as store_mask has them, where a vector is spread over several
// runs. Takes part: every thread of the block.
template <class T, int kLanes>
JSNORM_DEVICE void stage_mask(const RowStaging<T> &staging, global<const uint32_t> mask,
                              const Rows &rows, const RowSpan &span) {
    const shared<uint32_t> staged = shared_cast<uint32_t>(staging.image);
    const shared<unsigned char> bytes = shared_cast<unsigned char>(staging.tiles);
    const int row_bytes = mask_row_bytes<T, kLanes>(rows);
    const int tile = tile_length(rows, span.first);
    const int plane = static_cast<int>(rows.plane.inner.value);
    const Runs runs = runs_of_block<kLanes>(rows, span, kRowX);
    const int words = words_of_run(runs);
    const int count = runs.exists ? runs.count * words : 0;
    const int vectors = span.block.rows * ((tile + kWidth<T> - 1) / kWidth<T>);

    // The words of all runs, each loaded once.
    __syncthreads();
    JSNORM_ROLLED
    for (int index = runs.thread; index < count; index += runs.threads) {
        const int k = index / words;
        const Run run = runs.run(k);
        const int64_t word = run.offset / 32 + (index - k * words);
        if (word * 32 < run.offset + run.length) staged[index] = load(mask + word);
    }
    __syncthreads();

    // Words -> bytes.
    JSNORM_ROLLED
    for (int index = runs.thread; index < vectors; index += runs.threads) {
        const int vector = index / span.block.rows;
        const int row = index - vector * span.block.rows;
        uint32_t bits = 0;
        JSNORM_ROLLED
        for (int e = 0; e < kWidth<T> && vector * kWidth<T> + e < tile; ++e) {
            const int position = vector * kWidth<T> + e;
            const int k = divide_small(position, rows.plane.inner);
            const int bit =
                static_cast<int>(runs.run(k).offset % 32) + row * plane + position - k * plane;
            bits |= (uint32_t(staged[k * words + bit / 32]) >> (bit % 32) & 1u) << e;
        }
        bytes[row * row_bytes + vector] = static_cast<unsigned char>(bits);
    }
    __syncthreads();
}

// dy becomes 0 where the mask has no bit. Takes part: every thread of the block.
template <class T, int kLanes>
JSNORM_DEVICE void gate_by_mask(Tile<T> &dy, global<const uint32_t> mask, const Rows &rows,
                                const RowSpan &span, const RowStaging<T> &staging) {
    if (rows.access == RowAccess::kElements) {
        // The bits of x's elements as a tile of ones and zeros.
        stage_elements<T, kLanes>(rows, span, kRowX, staging, [&](int64_t offset) {
            return mask_bit(mask, offset) ? narrow<T>(Compute<T>(1)) : T{};
        });
        Tile<T> open;
        take_staged<T, kLanes>(open, span, staging);
        for_elements<T, kLanes>(span.count, [&](int i, int e) {
            if (!(open.vectors[i].get(e) > Compute<T>(0))) dy.vectors[i].clear(e);
        });
        return;
    }
    const int lane = opaque(RowThread<kLanes>().lane);
    const int64_t base = span.count > 0 ? offset_of(rows.cells, span.cell, kRowX) : 0;
    const PlanePlace place = place_of(rows.plane, span.first);
    const bool staged = rows.access == RowAccess::kBlockSpans && rows.plane.inner.value < kWidth<T>;
    const shared<unsigned char> bytes = shared_cast<unsigned char>(staging.tiles);
    if (staged) stage_mask<T, kLanes>(staging, mask, rows, span);
    const int row = span.count > 0 ? static_cast<int>(span.cell - span.block.first) : 0;
    const int lane_byte = row * mask_row_bytes<T, kLanes>(rows) + lane;
    JSNORM_UNROLL
    for (int i = 0; i < kTileVectors; ++i) {
        const int index = vector_index<T, kLanes>(i, lane);
        if (index < span.count) {
            const int rest = span.count - index;
            uint32_t bits;
            if (rows.access == RowAccess::kVectors) {
                bits = mask_bits(mask, base + plane_offset(rows.plane, place, index, kRowX));
            } else if (staged) {
                bits = static_cast<unsigned char>(bytes[lane_byte + i * kLanes]);
            } else {
                bits = span_bits<T>(mask, rows, base, place, index,
                                    rest < kWidth<T> ? rest : kWidth<T>);
            }
            JSNORM_UNROLL
            for (int e = 0; e < kWidth<T>; ++e) {
                if ((bits >> e & 1u) == 0) dy.vectors[i].clear(e);
            }
        }
    }
}

}  // namespace jsnorm::gpu
