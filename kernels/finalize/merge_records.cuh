// SPDX-License-Identifier: Apache-2.0
// Records of several parts -> the statistics of the whole.
#pragma once

#include "jsnorm/jsnorm.h"
#include "kernels/finalize/entries.cuh"
#include "kernels/math/moments.cuh"

namespace jsnorm::gpu {

struct FinalizeMergeRecords {
    global<const jsnormRecordHeader_t> records;
    int64_t record_count = 0;
    int64_t stride = 0;  // bytes from record to record
    jsnormRecordFormat_t format = JSNORM_RECORD_MOMENTS;
    int64_t statistics = 0;
    global<double> mean;
    global<double> variance;
    global<int64_t> total_count;                  // workspace
    global<int64_t> given_total_count = nullptr;  // the caller's, or NULL
};

JSNORM_DEVICE global<const jsnormRecordHeader_t> record_of(const FinalizeMergeRecords &args,
                                                           int64_t i) {
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

// A thread takes one statistic at a time.
template <class = void>
JSNORM_KERNEL(kFinalizeThreads, 2)
finalize_merge_records(FinalizeMergeRecords args) {
    wait_for_previous_kernel();
    let_next_kernel_start();

    // The count of the whole: every thread adds it up, one writes it.
    int64_t count = 0;
    for (int64_t i = 0; i < args.record_count; ++i) count += load(record_of(args, i)).count;
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        store(args.total_count, count);
        if (args.given_total_count != nullptr) store(args.given_total_count, count);
    }

    // The moments of each statistic, merged in the order of the records.
    for_entries(args.statistics, [&](int64_t k) {
        Moments total;
        for (int64_t i = 0; i < args.record_count; ++i) {
            total = merge(total, moments_in(record_of(args, i), args.format, args.statistics, k));
        }
        store(args.mean + k, total.mean);
        store(args.variance + k, count > 0 ? total.m2 / static_cast<double>(count) : 0.0);
    });
}

}  // namespace jsnorm::gpu
