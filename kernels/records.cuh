// SPDX-License-Identifier: Apache-2.0
// The records that travel between the phases (jsnormRecordHeader_t and two arrays).
#pragma once

#include "kernels/finalize_sums.cuh"
#include "kernels/moments.cuh"

namespace jsnorm::gpu {

struct WriteRecord {
    global<jsnormRecordHeader_t> record;
    jsnormRecordFormat_t format = JSNORM_RECORD_MOMENTS;
    int64_t count = 0;  // elements of a statistic
    int64_t statistics = 0;
    global<const double> mean = nullptr;  // NULL: of no elements
    global<const double> m2 = nullptr;
};

template <class = void>
JSNORM_KERNEL(kFinalizeThreads, 4)
write_record(WriteRecord args) {
    wait_for_previous_kernel();
    let_next_kernel_start();
    const global<double> first = global_cast<double>(args.record + 1);
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        store(args.record,
              jsnormRecordHeader_t{args.count, args.format, static_cast<int32_t>(args.statistics)});
    }
    const double n = static_cast<double>(args.count);
    const int64_t step = int64_t{gridDim.x} * kFinalizeThreads;
    for (int64_t k = int64_t{blockIdx.x} * kFinalizeThreads + threadIdx.x; k < args.statistics;
         k += step) {
        double a = args.mean == nullptr ? 0 : load(args.mean + k);
        double b = args.mean == nullptr ? 0 : load(args.m2 + k);
        if (args.format == JSNORM_RECORD_SUMS) {
            b += n * a * a;
            a *= n;
        }
        store(first + k, a);
        store(first + (args.statistics + k), b);
    }
}

struct MergeRecords {
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

JSNORM_DEVICE global<const jsnormRecordHeader_t> record_of(const MergeRecords &args, int64_t i) {
    return global_cast<const jsnormRecordHeader_t>(global_cast<const unsigned char>(args.records) +
                                                   i * args.stride);
}

// Statistic k of one record.
JSNORM_DEVICE Moments moments_in(global<const jsnormRecordHeader_t> record,
                                 jsnormRecordFormat_t format, int64_t statistics, int64_t k) {
    const double n = static_cast<double>(load(record).count);
    if (n == 0) return {};
    if (format == JSNORM_RECORD_SUMS_FLOAT) {
        const global<const float> sums = global_cast<const float>(record + 1);
        return moments_about(0, n, static_cast<double>(load(sums + k)),
                             static_cast<double>(load(sums + (statistics + k))));
    }
    const global<const double> values = global_cast<const double>(record + 1);
    const double a = load(values + k);
    const double b = load(values + (statistics + k));
    return format == JSNORM_RECORD_SUMS ? moments_about(0, n, a, b) : Moments{n, a, b};
}

template <class = void>
JSNORM_KERNEL(kFinalizeThreads, 2)
merge_records(MergeRecords args) {
    wait_for_previous_kernel();
    let_next_kernel_start();
    int64_t count = 0;
    for (int64_t i = 0; i < args.record_count; ++i) count += load(record_of(args, i)).count;
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        store(args.total_count, count);
        if (args.given_total_count != nullptr) store(args.given_total_count, count);
    }
    const int64_t step = int64_t{gridDim.x} * kFinalizeThreads;
    for (int64_t k = int64_t{blockIdx.x} * kFinalizeThreads + threadIdx.x; k < args.statistics;
         k += step) {
        Moments total;
        for (int64_t i = 0; i < args.record_count; ++i) {
            total = merge(total, moments_in(record_of(args, i), args.format, args.statistics, k));
        }
        store(args.mean + k, total.mean);
        store(args.variance + k, count > 0 ? total.m2 / static_cast<double>(count) : 0.0);
    }
}

// The centres of the reduce phase: the pair of the saved mean.
template <class Acc>
struct WriteCentres {
    int64_t statistics = 0;
    global<const double> mean;
    BackwardArrays<Acc> backward;
};

template <class Acc>
JSNORM_KERNEL(kFinalizeThreads, 4)
write_centres(WriteCentres<Acc> args) {
    wait_for_previous_kernel();
    let_next_kernel_start();
    const int64_t step = int64_t{gridDim.x} * kFinalizeThreads;
    for (int64_t k = int64_t{blockIdx.x} * kFinalizeThreads + threadIdx.x; k < args.statistics;
         k += step) {
        store_centre(args.backward, k, split_mean<Acc>(load(args.mean + k)), Acc(0));
    }
}

}  // namespace jsnorm::gpu
