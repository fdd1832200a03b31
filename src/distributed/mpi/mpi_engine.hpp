// SPDX-License-Identifier: Apache-2.0
// MPI as an engine: collective operations of a communicator of the caller.
#pragma once

#include <mpi.h>

#include "src/distributed/engine.hpp"

namespace jsnorm::distributed {

// Whether a communicator can be used; else why not. Asks nothing of other ranks.
jsnormStatus_t check_communicator(MPI_Comm comm);

// From open() on errors of the communicator are returned, until the engine ends. It must be one
// that check_communicator accepts.
class MpiEngine final : public Engine {
  public:
    explicit MpiEngine(MPI_Comm comm);
    ~MpiEngine() override;

    // First. Nothing else may be called where it failed.
    jsnormStatus_t open();

    int64_t rank() const override { return rank_; }
    int64_t size() const override { return size_; }
    jsnormStatus_t maximum(int64_t *values, int32_t count) override;
    jsnormStatus_t total(int64_t *values, int32_t count) override;
    jsnormStatus_t all_gather(const void *sent, void *received, const Segments &segments) override;
    jsnormStatus_t all_to_all(const void *sent, const Segments &sent_segments, void *received,
                              const Segments &received_segments) override;

  private:
    MPI_Comm comm_;
    MPI_Errhandler previous_ = MPI_ERRHANDLER_NULL;
    int rank_ = 0;
    int size_ = 1;
};

}  // namespace jsnorm::distributed
