// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/exchange.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "src/distributed/error.hpp"
#include "src/distributed/routing.hpp"

namespace jsnorm::distributed {

namespace {

// Counts are words like all others: they travel as bits in an array of doubles.
void store_count(int64_t count, double *word) {
    std::memcpy(word, &count, sizeof count);
}

int64_t load_count(const double *word) {
    int64_t count;
    std::memcpy(&count, word, sizeof count);
    return count;
}

// Segments one after another, of the words that words_of(rank) tells.
template <class WordsOf>
void lay_out(int64_t ranks, const Segments &segments, WordsOf words_of) {
    int64_t offset = 0;
    for (int64_t r = 0; r < ranks; ++r) {
        const int64_t words = words_of(r);
        segments.counts[r] = static_cast<int32_t>(words);
        segments.offsets[r] = static_cast<int32_t>(offset);
        offset += words;
    }
}

int64_t merged_words(const ExchangeShape &shape, int64_t rank) {
    return 2 * slice_of(rank, shape.ranks, shape.channels).size();
}

}  // namespace

int64_t sent_words(const ExchangeShape &shape) {
    if (shape.exchange == Exchange::kGather) return 0;
    if (shape.exchange == Exchange::kRouted) return shape.ranks * slot_words(shape);
    return 2 * shape.channels + std::min(shape.ranks, shape.channels);
}

int64_t received_words(const ExchangeShape &shape) {
    if (shape.exchange == Exchange::kGather) return shape.ranks * record_words(shape.channels);
    if (shape.exchange == Exchange::kRouted) return 3 * shape.ranks * slot_words(shape);
    return std::max(shape.ranks * slot_words(shape), 2 * shape.channels);
}

void cut_record(const ExchangeShape &shape, const void *record, double *messages) {
    const int64_t count = static_cast<const jsnormRecordHeader_t *>(record)->count;
    const double *first = first_array(record);
    const double *second = first + shape.channels;
    for (int64_t r = 0; r < shape.ranks; ++r) {
        const Slice slice = slice_of(r, shape.ranks, shape.channels);
        if (slice.size() == 0) continue;
        store_count(count, messages++);
        messages = std::copy(first + slice.begin, first + slice.end, messages);
        messages = std::copy(second + slice.begin, second + slice.end, messages);
    }
}

void merge_messages(const ExchangeShape &shape, Payload payload, const Slice &slice,
                    const double *messages, double *merged) {
    const int64_t size = slice.size();
    Merger merger(payload, size, merged, merged + size);
    for (int64_t r = 0; r < shape.ranks; ++r) {
        const double *message = messages + r * message_words(slice);
        if (size > 0) merger.add({load_count(message), message + 1, message + 1 + size});
    }
}

void place_slices(const ExchangeShape &shape, const double *slices, void *record) {
    double *first = first_array(record);
    double *second = first + shape.channels;
    for (int64_t r = 0; r < shape.ranks; ++r) {
        const Slice slice = slice_of(r, shape.ranks, shape.channels);
        const double *merged = slices + 2 * slice.begin;
        std::copy(merged, merged + slice.size(), first + slice.begin);
        std::copy(merged + slice.size(), merged + 2 * slice.size(), second + slice.begin);
    }
}

void merge_records(const ExchangeShape &shape, Payload payload, const double *records,
                   void *merged) {
    const int64_t channels = shape.channels;
    double *first = first_array(merged);
    Merger merger(payload, channels, first, first + channels);
    for (int64_t r = 0; r < shape.ranks; ++r) {
        const double *record = records + r * record_words(channels);
        const double *values = record + kRecordHeaderWords;
        merger.add({load_count(record), values, values + channels});
    }
}

jsnormStatus_t exchange_records(Engine &engine, const ExchangeShape &shape, Payload payload,
                                const void *record, int64_t total_count,
                                const ExchangeBuffers &buffers, void *merged) {
    const auto *own = static_cast<const jsnormRecordHeader_t *>(record);
    *static_cast<jsnormRecordHeader_t *>(merged) = {total_count, own->format,
                                                    own->statistics_per_group};
    if (shape.exchange == Exchange::kGather) {
        lay_out(shape.ranks, buffers.received_segments,
                [&](int64_t) { return record_words(shape.channels); });
        JSNORM_DISTRIBUTED_TRY(
            engine.all_gather(record, buffers.received, buffers.received_segments));
        merge_records(shape, payload, buffers.received, merged);
        return JSNORM_STATUS_SUCCESS;
    }
    const Slice mine = slice_of(engine.rank(), shape.ranks, shape.channels);
    cut_record(shape, record, buffers.sent);
    // Where the messages about this rank's slice end, and where there is room for what comes next.
    double *messages = buffers.received, *other = buffers.sent;
    if (shape.exchange == Exchange::kByChannel) {
        lay_out(shape.ranks, buffers.sent_segments,
                [&](int64_t r) { return message_words(slice_of(r, shape.ranks, shape.channels)); });
        lay_out(shape.ranks, buffers.received_segments,
                [&](int64_t) { return message_words(mine); });
        JSNORM_DISTRIBUTED_TRY(engine.all_to_all(buffers.sent, buffers.sent_segments,
                                                 buffers.received, buffers.received_segments));
    } else {
        JSNORM_DISTRIBUTED_TRY(route_messages(engine, shape, buffers.sent, buffers.received,
                                              buffers.received + shape.ranks * slot_words(shape)));
        std::swap(messages, other);
    }
    merge_messages(shape, payload, mine, messages, other);
    lay_out(shape.ranks, buffers.received_segments,
            [&](int64_t r) { return merged_words(shape, r); });
    JSNORM_DISTRIBUTED_TRY(engine.all_gather(other, messages, buffers.received_segments));
    place_slices(shape, messages, merged);
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace jsnorm::distributed
