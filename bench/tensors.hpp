// SPDX-License-Identifier: Apache-2.0
// The memory of a case, shared by every contestant of the process, so that none is lucky with its
// pages. Every set holds the same values; a case is cold when its sets together are several times
// the last-level cache and are taken in turn.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "bench/case.hpp"

namespace jsnorm::bench {

// Host memory as malloc would give it: anonymous pages, aligned to 64 bytes. Zero-filled.
class HostMemory {
  public:
    explicit HostMemory(size_t bytes);
    ~HostMemory();
    HostMemory(const HostMemory &) = delete;
    HostMemory &operator=(const HostMemory &) = delete;

    std::byte *data() const { return data_; }
    size_t bytes() const { return bytes_; }

  private:
    std::byte *data_;
    size_t bytes_;
};

// What an operation reads and writes once per call. Pointers that the case has no use for are NULL.
struct TensorSet {
    std::byte *x, *z, *dy;  // inputs
    std::byte *out, *dz;    // y or dx; the gradient of the residual
    uint32_t *mask;
};

enum class CacheState { kWarm, kCold, kPartly };

struct Rotation {
    int64_t sets = 1;       // taken in turn
    int64_t host_sets = 1;  // of them; a device has its own copies of the first
    CacheState state = CacheState::kWarm;
};

class Tensors {
  public:
    Tensors(const Case &which, const Rotation &rotation);

    const Rotation &rotation() const { return rotation_; }
    const std::vector<TensorSet> &sets() const { return sets_; }  // those in host memory
    const TensorSet &first() const { return sets_.front(); }
    // The set that nobody has touched for longest: one cursor for all contestants, so that none
    // finds what another has just brought into the cache.
    size_t next_set() {
        const size_t set = next_set_;
        next_set_ = set + 1 == sets_.size() ? 0 : set + 1;
        return set;
    }
    size_t tensor_bytes() const { return tensor_bytes_; }

    std::vector<float> gamma, beta, dgamma, dbeta;
    std::vector<float> running_mean, running_variance;  // inputs of inference
    std::vector<double> saved_mean, saved_variance;     // of x, for contestants that are given them

  private:
    std::byte *allocate(size_t bytes, size_t offset);

    std::vector<std::unique_ptr<HostMemory>> memory_;
    std::vector<TensorSet> sets_;
    Rotation rotation_;
    size_t next_set_ = 0;
    size_t tensor_bytes_;
};

const char *cache_state_name(CacheState state);

// How often each tensor of the case is touched once: x and y are 2.
int64_t tensors_touched(const Case &which);

}  // namespace jsnorm::bench
