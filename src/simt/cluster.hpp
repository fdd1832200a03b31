// SPDX-License-Identifier: Apache-2.0
//
// Clusters of blocks, their distributed shared memory, and bulk copies that complete on an
// mbarrier. A copy is carried out as late as possible, by the first thread that waits for it; until
// then its destination counts as uninitialised.
#pragma once

#include "src/simt/shared_memory.hpp"

namespace simt {

struct Mbarrier {
    uint64_t state;
};

uint32_t cluster_rank();
void cluster_barrier(Site site);
Block &block_of_cluster(uint32_t rank, Site site);

template <class T>
shared<T> cluster_map(shared<T> pointer, uint32_t rank, Site site) {
    Allocation *const mine = pointer.allocation();
    Allocation *const theirs = same_array(*mine, block_of_cluster(rank, site));
    const auto offset =
        reinterpret_cast<uintptr_t>(pointer.raw()) - reinterpret_cast<uintptr_t>(mine->base);
    return {reinterpret_cast<T *>(reinterpret_cast<uintptr_t>(theirs->base) + offset), theirs};
}

void mbarrier_init(shared<Mbarrier> barrier, uint32_t count, Site site);
// Arrives, and announces bytes that copies will bring.
void mbarrier_arrive_tx(shared<Mbarrier> barrier, uint32_t bytes, Site site);
void mbarrier_wait(shared<Mbarrier> barrier, uint32_t parity, Site site);

void bulk_load(Allocation *destination, void *to, Allocation *source, const void *from,
               uint32_t bytes, shared<Mbarrier> barrier, Site site);

}  // namespace simt
