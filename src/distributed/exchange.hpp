// SPDX-License-Identifier: Apache-2.0
// The record of every rank -> the record of the whole, on every rank. A record is that of
// jsnormForwardStatistics: a header and two arrays of a double for each channel. Sums of gradients
// travel in records, too.
#pragma once

#include <cstddef>
#include <cstdint>

#include "jsnorm/jsnorm.h"
#include "src/distributed/engine.hpp"
#include "src/distributed/exchange_plan.hpp"
#include "src/distributed/merge.hpp"

namespace jsnorm::distributed {

inline constexpr int64_t kRecordHeaderWords = 2;
inline int64_t record_words(int64_t channels) {
    return kRecordHeaderWords + 2 * channels;
}

inline const double *first_array(const void *record) {
    return reinterpret_cast<const double *>(static_cast<const jsnormRecordHeader_t *>(record) + 1);
}
inline double *first_array(void *record) {
    return reinterpret_cast<double *>(static_cast<jsnormRecordHeader_t *>(record) + 1);
}

// The shape of an exchange, and what of it one rank sees.
struct ExchangeShape {
    Exchange exchange = Exchange::kGather;
    int64_t ranks = 1;
    int64_t channels = 0;
};

// Scratch memory of an exchange, in words. Sent and received segments are ranks entries each.
struct ExchangeBuffers {
    double *sent = nullptr;
    double *received = nullptr;
    Segments sent_segments, received_segments;
};
int64_t sent_words(const ExchangeShape &shape);
int64_t received_words(const ExchangeShape &shape);

// ---- The steps of the exchange by channel, without an engine
// -------------------------------------

// A message to the owner of a slice: the count, and the two arrays of the slice; nothing where the
// slice is empty.
inline int64_t message_words(const Slice &slice) {
    return slice.size() > 0 ? 1 + 2 * slice.size() : 0;
}

// Writes the messages to all ranks one after another.
void cut_record(const ExchangeShape &shape, const void *record, double *messages);

// Merges the messages of all ranks about one slice, which lie one after another: first array, then
// second.
void merge_messages(const ExchangeShape &shape, Payload payload, const Slice &slice,
                    const double *messages, double *merged);

// The merged slices of all ranks, one after another -> both arrays of a record.
void place_slices(const ExchangeShape &shape, const double *slices, void *record);

// ---- Both exchanges
// ------------------------------------------------------------------------------

// Merges the records of all ranks, one after another.
void merge_records(const ExchangeShape &shape, Payload payload, const double *records,
                   void *merged);

// Collective. merged: the record of the whole, of total_count elements; another than `record`.
jsnormStatus_t exchange_records(Engine &engine, const ExchangeShape &shape, Payload payload,
                                const void *record, int64_t total_count,
                                const ExchangeBuffers &buffers, void *merged);

}  // namespace jsnorm::distributed
