// SPDX-License-Identifier: Apache-2.0
// The layout of the records of jsnormForwardStatistics.
#pragma once

#include <cstddef>

#include "jsnorm/jsnorm.h"

namespace jsnorm {

inline constexpr size_t kRecordAlignment = 16;

// Bytes of a record of `statistics` entries: header, two arrays, padding.
inline size_t record_bytes(jsnormRecordFormat_t format, int64_t statistics) {
    const size_t entry = format == JSNORM_RECORD_SUMS_FLOAT ? sizeof(float) : sizeof(double);
    const size_t bytes = sizeof(jsnormRecordHeader_t) + 2 * static_cast<size_t>(statistics) * entry;
    return (bytes + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

inline const jsnormRecordHeader_t *record_at(const void *records, size_t stride, int64_t index) {
    return reinterpret_cast<const jsnormRecordHeader_t *>(static_cast<const std::byte *>(records) +
                                                          static_cast<size_t>(index) * stride);
}

}  // namespace jsnorm
