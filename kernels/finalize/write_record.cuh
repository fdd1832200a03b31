// SPDX-License-Identifier: Apache-2.0
// Statistics to the record that travels between the phases (jsnormRecordHeader_t and two arrays).
#pragma once

#include "jsnorm/jsnorm.h"
#include "kernels/finalize/entries.cuh"

namespace jsnorm::gpu {

struct FinalizeWriteRecord {
    global<jsnormRecordHeader_t> record;
    jsnormRecordFormat_t format = JSNORM_RECORD_MOMENTS;
    int64_t count = 0;  // elements of a statistic
    int64_t statistics = 0;
    global<const double> mean = nullptr;  // NULL: of no elements
    global<const double> m2 = nullptr;
};

template <class = void>
JSNORM_KERNEL(kFinalizeThreads, 4)
finalize_write_record(FinalizeWriteRecord args) {
    wait_for_previous_kernel();
    let_next_kernel_start();
    const global<double> first = global_cast<double>(args.record + 1);
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        store(args.record,
              jsnormRecordHeader_t{args.count, args.format, static_cast<int32_t>(args.statistics)});
    }
    const double n = static_cast<double>(args.count);
    for_entries(args.statistics, [&](int64_t k) {
        double a = args.mean == nullptr ? 0 : load(args.mean + k);
        double b = args.mean == nullptr ? 0 : load(args.m2 + k);
        if (args.format == JSNORM_RECORD_SUMS) {
            b += n * a * a;
            a *= n;
        }
        store(first + k, a);
        store(first + (args.statistics + k), b);
    });
}

}  // namespace jsnorm::gpu
