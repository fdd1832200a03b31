// SPDX-License-Identifier: Apache-2.0
// Records of several parts -> the statistics of the whole.
#pragma once

#include <limits>

#include "jsnorm/jsnorm.h"
#include "kernels/finalize/steps.cuh"
#include "kernels/math/moments.cuh"

namespace jsnorm::gpu {

// What a call with a bad header returns: a count that no record has, and statistics that show.
inline constexpr int64_t kNoRecords = -1;
inline constexpr double kPoison = std::numeric_limits<double>::quiet_NaN();

struct MergeRecords {
    global<const jsnormRecordHeader_t> records = nullptr;  // NULL: there are none
    int64_t record_count = 0;
    int64_t stride = 0;  // bytes from record to record
    jsnormRecordFormat_t format = JSNORM_RECORD_MOMENTS;
    int64_t statistics = 0;
    global<double> mean = nullptr;
    global<double> variance = nullptr;
    global<int64_t> total_count = nullptr;        // workspace
    global<int64_t> given_total_count = nullptr;  // the caller's, or NULL
};

JSNORM_DEVICE global<const jsnormRecordHeader_t> record_of(const MergeRecords &args, int64_t i) {
    return global_cast<const jsnormRecordHeader_t>(global_cast<const unsigned char>(args.records) +
                                                   i * args.stride);
}

// Statistic k of one record. Sums are sums about 0.
JSNORM_DEVICE Moments moments_in(global<const jsnormRecordHeader_t> record,
                                 jsnormRecordFormat_t format, int64_t statistics, int64_t k) {
    constexpr double kPivot = 0;
    const double n = static_cast<double>(load(record).count);
    if (n == 0) return {};
    if (format == JSNORM_RECORD_SUMS_FLOAT) {
        const global<const float> sums = global_cast<const float>(record + 1);
        return moments_about(kPivot, n, static_cast<double>(load(sums + k)),
                             static_cast<double>(load(sums + (statistics + k))));
    }
    const global<const double> values = global_cast<const double>(record + 1);
    const double first = load(values + k);
    const double second = load(values + (statistics + k));
    if (format == JSNORM_RECORD_SUMS) return moments_about(kPivot, n, first, second);
    return {n, first, second};
}

// The elements of all records, or -1 where a header is not that of a record of this call: the host
// cannot read headers in the device's memory, so that nothing was checked before.
JSNORM_DEVICE int64_t count_of(const MergeRecords &args) {
    constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
    int64_t total = 0;
    for (int64_t i = 0; i < args.record_count; ++i) {
        const jsnormRecordHeader_t header = load(record_of(args, i));
        const bool fits = header.format == args.format &&
                          header.statistics_per_group == args.statistics && header.count >= 0 &&
                          header.count <= kMost - total;
        if (!fits) return kNoRecords;
        total += header.count;
    }
    return total;
}

// A thread takes one statistic at a time.
JSNORM_DEVICE void merge_records(const MergeRecords &args) {
    if (args.records == nullptr) return;

    // The count of the whole: every thread adds it up, one writes it. Statistics of no elements are
    // 0, so where a header is bad the next kernel takes them for statistics of one element.
    const int64_t count = count_of(args);
    const bool is_bad = count == kNoRecords;
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        store(args.total_count, is_bad ? int64_t{1} : count);
        if (args.given_total_count != nullptr) store(args.given_total_count, count);
    }

    // The moments of each statistic, merged in the order of the records.
    for_entries(args.statistics, [&](int64_t k) {
        Moments total;
        if (is_bad) total = {1, kPoison, kPoison};
        for (int64_t i = 0; i < args.record_count && !is_bad; ++i) {
            total = merge(total, moments_in(record_of(args, i), args.format, args.statistics, k));
        }
        store(args.mean + k, total.mean);
        const double variance = count > 0 ? total.m2 / static_cast<double>(count) : 0.0;
        store(args.variance + k, is_bad ? kPoison : variance);
    });
}

}  // namespace jsnorm::gpu
