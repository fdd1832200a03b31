// SPDX-License-Identifier: Apache-2.0
// What an engine of communication gives: who I am, how many there are, and collective operations.
// All of them are called by every rank in the same order. Data is host memory in words of 8 bytes.
// No operation does arithmetic on doubles, so the bits of a result cannot depend on the engine or
// on its algorithm.
#pragma once

#include <cstdint>

#include "jsnorm/jsnorm.h"

namespace jsnorm::distributed {

inline constexpr int64_t kWordBytes = 8;

// Where the words of each rank lie in a buffer: words [offsets[r], offsets[r] + counts[r]) are rank
// r's.
struct Segments {
    int32_t *counts = nullptr;
    int32_t *offsets = nullptr;
};

// What ranks need to compare what they ask for (agreement.hpp).
class Reductions {
  public:
    Reductions() = default;
    virtual ~Reductions() = default;
    Reductions(const Reductions &) = delete;
    Reductions &operator=(const Reductions &) = delete;

    virtual int64_t rank() const = 0;
    virtual int64_t size() const = 0;

    // Replaces every value by the largest of all ranks, or by the sum.
    virtual jsnormStatus_t maximum(int64_t *values, int32_t count) = 0;
    virtual jsnormStatus_t total(int64_t *values, int32_t count) = 0;
};

// What they need to exchange records as well (exchange.hpp).
class Engine : public Reductions {
  public:
    // Every rank receives the words of every rank. sent: the segment of this rank.
    virtual jsnormStatus_t all_gather(const void *sent, void *received,
                                      const Segments &segments) = 0;

    // Rank r receives segment r of what every rank sends.
    virtual jsnormStatus_t all_to_all(const void *sent, const Segments &sent_segments,
                                      void *received, const Segments &received_segments) = 0;

    // Every rank sends words to one rank and receives words from one.
    virtual jsnormStatus_t pass_on(const void *sent, int32_t sent_words, int64_t to, void *received,
                                   int32_t received_words, int64_t from) = 0;
};

}  // namespace jsnorm::distributed
