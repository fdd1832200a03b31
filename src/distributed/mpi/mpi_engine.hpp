// SPDX-License-Identifier: Apache-2.0
// MPI as an engine: collective operations of a communicator of the caller.
#pragma once

#include <mpi.h>

#include "src/distributed/engine.hpp"

namespace jsnorm::distributed {

// Whether a communicator can be used; else why not. Asks nothing of other ranks.
jsnormStatus_t check_communicator(MPI_Comm comm);

// The size of a communicator that check_communicator accepts. Asks nothing of other ranks.
jsnormStatus_t communicator_size(MPI_Comm comm, int64_t &size);

// Talks on a duplicate of the caller's communicator, which returns errors: the caller's messages
// and error handler stay the caller's. The first engine of a communicator makes the duplicate, MPI
// frees it with the communicator.
class MpiEngine final : public Engine {
  public:
    // Collective, and first: nothing else may be called where it failed. comm must be one that
    // check_communicator accepts.
    jsnormStatus_t open(MPI_Comm comm);

    int64_t rank() const override { return rank_; }
    int64_t size() const override { return size_; }
    jsnormStatus_t maximum(int64_t *values, int32_t count) override;
    jsnormStatus_t total(int64_t *values, int32_t count) override;
    jsnormStatus_t all_gather(const void *sent, void *received, const Segments &segments) override;
    jsnormStatus_t all_to_all(const void *sent, const Segments &sent_segments, void *received,
                              const Segments &received_segments) override;
    jsnormStatus_t pass_on(const void *sent, int32_t sent_words, int64_t to, void *received,
                           int32_t received_words, int64_t from) override;

  private:
    MPI_Comm comm_ = MPI_COMM_NULL;  // the duplicate
    int rank_ = 0;
    int size_ = 1;
};

}  // namespace jsnorm::distributed
