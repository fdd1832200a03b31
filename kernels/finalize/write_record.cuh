// SPDX-License-Identifier: Apache-2.0
// Statistics -> the record that travels between the phases: jsnormRecordHeader_t and two arrays.
#pragma once

#include "jsnorm/jsnorm.h"
#include "kernels/finalize/steps.cuh"

namespace jsnorm::gpu {

struct WriteRecord {
    global<jsnormRecordHeader_t> record = nullptr;  // NULL: none is wanted
    jsnormRecordFormat_t format = JSNORM_RECORD_MOMENTS;
    int64_t count = 0;  // elements of a statistic
    int64_t statistics = 0;
    global<const double> mean = nullptr;  // NULL: no elements, all statistics are 0
    global<const double> m2 = nullptr;
};

JSNORM_DEVICE void write_record(const WriteRecord &args) {
    if (args.record == nullptr) return;

    // The header, by one thread.
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        store(args.record,
              jsnormRecordHeader_t{args.count, args.format, static_cast<int32_t>(args.statistics)});
    }

    // The arrays behind it: mean and M2, or from them the sums of x and of x^2.
    const global<double> first = global_cast<double>(args.record + 1);
    const global<double> second = first + args.statistics;
    const bool empty = args.mean == nullptr;
    const double n = static_cast<double>(args.count);
    for_entries(args.statistics, [&](int64_t k) {
        const double mean = empty ? 0 : load(args.mean + k);
        const double m2 = empty ? 0 : load(args.m2 + k);
        const bool sums = args.format == JSNORM_RECORD_SUMS;
        store(first + k, sums ? mean * n : mean);
        store(second + k, sums ? m2 + n * mean * mean : m2);
    });
}

}  // namespace jsnorm::gpu
