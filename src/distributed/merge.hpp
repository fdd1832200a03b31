// SPDX-License-Identifier: Apache-2.0
// The parts of several ranks -> those of the whole, channel by channel, in the order of the ranks.
#pragma once

#include <cstdint>

namespace jsnorm::distributed {

// What two arrays hold: mean and M2, or the two sums of a gradient.
enum class Payload { kMoments, kSums };

// Values of some channels, from one rank or of several merged. count: elements of a channel.
struct Part {
    int64_t count = 0;
    const double *first = nullptr;
    const double *second = nullptr;
};

// Adds parts one by one to first[size] and second[size], which are 0 until a part has elements.
// Parts without elements change no bit.
class Merger {
  public:
    Merger(Payload payload, int64_t size, double *first, double *second);
    void add(const Part &part);

  private:
    Payload payload_;
    int64_t size_;
    double *first_;
    double *second_;
    double count_ = 0;
};

}  // namespace jsnorm::distributed
