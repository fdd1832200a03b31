// SPDX-License-Identifier: Apache-2.0
// The kernels of kernels.cuh on a stream, as functions on plain pointers: what includes nccl.h does
// not see how kernels are written.
#pragma once

#include <cstddef>
#include <cstdint>

#include "jsnorm/jsnorm.h"
#include "src/distributed/exchange.hpp"
#include "src/distributed/merge.hpp"

namespace jsnorm::distributed {

// Where work is enqueued. The stream is of that device, which need not be the current one.
struct DeviceStream {
    int ordinal = 0;
    jsnormStream_t stream = nullptr;
};

// Words from message to message, and from merged slice to merged slice: a count and two arrays of
// the largest slice.
inline int64_t slot_of(const ExchangeShape &shape) {
    return 1 + 2 * largest_slice(shape.ranks, shape.channels);
}

// A record's arrays in place, or those of nobody.
struct MergedRecord {
    void *record = nullptr;
    int64_t *total_count = nullptr;
};

jsnormStatus_t write_header(const DeviceStream &on, void *record, int64_t count,
                            jsnormRecordFormat_t format, int64_t channels);
jsnormStatus_t cut_record(const DeviceStream &on, const ExchangeShape &shape, const void *record,
                          double *messages);
// Records of all ranks, one after another.
jsnormStatus_t merge_records(const DeviceStream &on, const ExchangeShape &shape, Payload payload,
                             double *records, const MergedRecord &merged);
// Messages about the slice of rank `rank` -> a slot.
jsnormStatus_t merge_messages(const DeviceStream &on, const ExchangeShape &shape, Payload payload,
                              int64_t rank, double *messages, double *merged);
jsnormStatus_t place_slices(const DeviceStream &on, const ExchangeShape &shape, Payload payload,
                            double *slices, const MergedRecord &merged);
// For the coefficients of forward, out of what it saved.
jsnormStatus_t repeat_record(const DeviceStream &on, int64_t channels, const double *mean,
                             const double *variance, const MergedRecord &whole);

// Between host and device; return when it is done.
jsnormStatus_t copy_to_device(const DeviceStream &on, void *device, const void *host, size_t bytes);
jsnormStatus_t copy_to_host(const DeviceStream &on, void *host, const void *device, size_t bytes);

}  // namespace jsnorm::distributed
