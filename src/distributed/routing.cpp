// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/routing.hpp"

#include <algorithm>

#include "src/distributed/error.hpp"

namespace jsnorm::distributed {

namespace {

// Words of a message that rank `at` holds before the round of `step`, of `distance` from its sender
// to its receiver: the steps below are done, the others remain.
int64_t words_at(const ExchangeShape &shape, int64_t at, int64_t distance, int64_t step) {
    const int64_t remaining = distance & ~(step - 1);
    return message_words(slice_of((at + remaining) % shape.ranks, shape.ranks, shape.channels));
}

// Calls use(slot, words) for every message that rank `at` passes on in the round of `step`.
template <class Use>
void each_passed_on(const ExchangeShape &shape, int64_t at, int64_t step, double *slots, Use use) {
    for (int64_t distance = step; distance < shape.ranks; ++distance) {
        if ((distance & step) == 0) continue;
        use(slots + distance * slot_words(shape), words_at(shape, at, distance, step));
    }
}

}  // namespace

int64_t slot_words(const ExchangeShape &shape) {
    return 1 + 2 * largest_slice(shape.ranks, shape.channels);
}

jsnormStatus_t route_messages(Engine &engine, const ExchangeShape &shape, double *messages,
                              double *slots, double *rounds) {
    const int64_t ranks = shape.ranks, rank = engine.rank();
    const double *next = messages;
    for (int64_t to = 0; to < ranks; ++to) {
        const int64_t words = message_words(slice_of(to, ranks, shape.channels));
        std::copy(next, next + words, slots + (to - rank + ranks) % ranks * slot_words(shape));
        next += words;
    }

    double *sent = rounds, *received = rounds + ranks * slot_words(shape);
    for (int64_t step = 1; step < ranks; step *= 2) {
        const int64_t to = (rank + step) % ranks, from = (rank - step % ranks + ranks) % ranks;
        double *end = sent;
        each_passed_on(shape, rank, step, slots, [&](const double *slot, int64_t words) {
            end = std::copy(slot, slot + words, end);
        });
        int64_t expected = 0;
        each_passed_on(shape, from, step, slots,
                       [&](double *, int64_t words) { expected += words; });
        JSNORM_DISTRIBUTED_TRY(engine.pass_on(sent, static_cast<int32_t>(end - sent), to, received,
                                              static_cast<int32_t>(expected), from));
        const double *arrived = received;
        each_passed_on(shape, from, step, slots, [&](double *slot, int64_t words) {
            std::copy(arrived, arrived + words, slot);
            arrived += words;
        });
    }

    const int64_t words = message_words(slice_of(rank, ranks, shape.channels));
    for (int64_t from = 0; from < ranks; ++from) {
        const double *slot = slots + (rank - from + ranks) % ranks * slot_words(shape);
        messages = std::copy(slot, slot + words, messages);
    }
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace jsnorm::distributed
