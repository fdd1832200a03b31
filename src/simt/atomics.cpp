// SPDX-License-Identifier: Apache-2.0
#include "src/simt/atomics.hpp"

namespace simt {

void fence() {
    running->fenced = true;
}

void synchronize(const void *address, bool acquire_release) {
    Thread &thread = *running;
    Block &block = *thread.block;
    Knowledge &released = machine.released[address];
    if (!released.empty()) {
        thread.pending.add(released);
        block.has_pending = true;
    }
    if (thread.fenced || acquire_release) {
        // Of the others in the block only what the last barrier has joined; and what this thread
        // does from now on is told from what it did before.
        thread.catch_up();
        if (thread.warp_epoch < kMostWarpBarriers) thread.warp_epoch++;
        released.add(Knowledge::Fact{block.linear, thread.linear, time_of(block.epoch, 0),
                                     time_of(block.epoch, thread.warp_epoch)});
        released.add(block.knowledge);
        released.add(thread.pending);
    }
    thread.fenced = acquire_release;
}

}  // namespace simt
