// SPDX-License-Identifier: Apache-2.0
// What exchange.cpp does to records in host memory, on the device: the same words, merged in the
// same order by the same function. Records have a header and two arrays of a double for each
// channel; a message about a slice has a count and its two arrays.
#pragma once

#include "jsnorm/jsnorm.h"
#include "kernels/finalize/steps.cuh"
#include "kernels/math/moments.cuh"
#include "src/distributed/exchange_plan.hpp"
#include "src/distributed/merge.hpp"
#include "src/distributed/sum_of_squares.hpp"

namespace jsnorm::gpu {

using distributed::Payload;
using distributed::Slice;

JSNORM_DEVICE bool is_first_thread() {
    return blockIdx.x == 0 && threadIdx.x == 0;
}

JSNORM_DEVICE global<double> arrays_of(global<jsnormRecordHeader_t> record) {
    return global_cast<double>(record + 1);
}

// ---- A header, whose values the host knows

struct WriteHeader {
    global<jsnormRecordHeader_t> record = nullptr;
    jsnormRecordHeader_t header = {};
};

JSNORM_KERNEL(kFinalizeThreads, 1)
write_header(WriteHeader args) {
    if (is_first_thread()) store(args.record, args.header);
}

// ---- A record -> a message to the owner of each slice, `slot` words apart

struct CutRecord {
    global<jsnormRecordHeader_t> record = nullptr;
    global<double> messages = nullptr;
    int64_t channels = 0;
    int64_t ranks = 0;
    int64_t slot = 0;
};

JSNORM_KERNEL(kFinalizeThreads, 1)
cut_record(CutRecord args) {
    const global<double> values = arrays_of(args.record);
    for_entries(args.channels, [&](int64_t k) {
        const int64_t owner = distributed::owner_of(k, args.ranks, args.channels);
        const Slice slice = distributed::slice_of(owner, args.ranks, args.channels);
        const global<double> message = args.messages + owner * args.slot;
        const int64_t i = k - slice.begin;
        if (i == 0) store(global_cast<int64_t>(message), load(args.record).count);
        store(message + (1 + i), load(values + k));
        store(message + (1 + slice.size() + i), load(values + (args.channels + k)));
    });
}

// ---- Messages or records of all ranks -> the merged one

struct MergeParts {
    // Of rank r: words r * stride and on. The count is the first.
    global<double> parts = nullptr;
    int64_t ranks = 0;
    int64_t stride = 0;
    int64_t size = 0;    // channels
    int64_t arrays = 0;  // where the first array begins; the second follows
    Payload payload = Payload::kMoments;
    global<double> merged = nullptr;  // both arrays
    int64_t padding = 0;              // words behind them that become 0
    global<int64_t> count = nullptr;
    global<jsnormRecordHeader_t> header = nullptr;  // NULL: none is wanted
    jsnormRecordFormat_t format = JSNORM_RECORD_MOMENTS;
};

JSNORM_DEVICE int64_t count_of_part(const MergeParts &args, int64_t rank) {
    return load(global_cast<int64_t>(args.parts + rank * args.stride));
}

JSNORM_DEVICE Moments merged_channel(const MergeParts &args, int64_t k) {
    Moments total;
    for (int64_t r = 0; r < args.ranks; ++r) {
        const double count = static_cast<double>(count_of_part(args, r));
        if (count == 0) continue;
        const global<double> first = args.parts + (r * args.stride + args.arrays + k);
        const Moments part = {count, load(first), load(first + args.size)};
        if (args.payload == Payload::kMoments || total.count == 0) {
            total = merge(total, part);
        } else {
            total = {total.count + part.count, total.mean + part.mean, total.m2 + part.m2};
        }
    }
    return total;
}

JSNORM_KERNEL(kFinalizeThreads, 1)
merge_parts(MergeParts args) {
    if (is_first_thread()) {
        int64_t count = 0;
        for (int64_t r = 0; r < args.ranks && args.size > 0; ++r) count += count_of_part(args, r);
        store(args.count, count);
        if (args.header != nullptr) {
            store(args.header,
                  jsnormRecordHeader_t{count, args.format, static_cast<int32_t>(args.size)});
        }
    }
    for_entries(args.size, [&](int64_t k) {
        const Moments total = merged_channel(args, k);
        store(args.merged + k, total.mean);
        store(args.merged + (args.size + k), total.m2);
    });
    for_entries(args.padding, [&](int64_t i) { store(args.merged + (2 * args.size + i), 0.0); });
}

// ---- Merged slices of all ranks, `slot` words apart, each behind its count -> a record

struct PlaceSlices {
    global<double> slices = nullptr;
    int64_t channels = 0;
    int64_t ranks = 0;
    int64_t slot = 0;
    global<jsnormRecordHeader_t> record = nullptr;
    jsnormRecordFormat_t format = JSNORM_RECORD_MOMENTS;
    global<int64_t> total_count = nullptr;
};

JSNORM_KERNEL(kFinalizeThreads, 1)
place_slices(PlaceSlices args) {
    if (is_first_thread()) {  // the last rank has a slice, whoever else has none
        const global<double> last = args.slices + (args.ranks - 1) * args.slot;
        const int64_t count = load(global_cast<int64_t>(last));
        store(args.total_count, count);
        store(args.record,
              jsnormRecordHeader_t{count, args.format, static_cast<int32_t>(args.channels)});
    }
    const global<double> values = arrays_of(args.record);
    for_entries(args.channels, [&](int64_t k) {
        const int64_t owner = distributed::owner_of(k, args.ranks, args.channels);
        const Slice slice = distributed::slice_of(owner, args.ranks, args.channels);
        const global<double> first = args.slices + (owner * args.slot + 1 + k - slice.begin);
        store(values + k, load(first));
        store(values + (args.channels + k), load(first + slice.size()));
    });
}

// ---- What forward saved -> a record of moments

struct RepeatRecord {
    global<const double> mean = nullptr;
    global<const double> variance = nullptr;
    global<int64_t> total_count = nullptr;
    int64_t channels = 0;
    global<jsnormRecordHeader_t> record = nullptr;
};

JSNORM_KERNEL(kFinalizeThreads, 1)
repeat_record(RepeatRecord args) {
    const int64_t count = load(args.total_count);
    if (is_first_thread()) {
        store(args.record, jsnormRecordHeader_t{count, JSNORM_RECORD_MOMENTS,
                                                static_cast<int32_t>(args.channels)});
    }
    const global<double> values = arrays_of(args.record);
    for_entries(args.channels, [&](int64_t k) {
        store(values + k, load(args.mean + k));
        store(values + (args.channels + k),
              distributed::sum_of_squares(load(args.variance + k), static_cast<double>(count)));
    });
}

}  // namespace jsnorm::gpu
