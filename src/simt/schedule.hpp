// SPDX-License-Identifier: Apache-2.0
//
// Which thread runs next. A thread runs until it must wait; then another lane of its warp does,
// another warp of its block, another resident block. Deterministic, given Config::seed.
#pragma once

#include "src/simt/state.hpp"

namespace simt {

// The running thread sees what the launch before has written; see LaunchConfig::overlaps.
inline void wait_for_previous_launch() {
    running->waited = true;
}

// The running thread waits, and returns when wake() has let it go on.
void suspend(Waiting waiting, Site site);
void wake(Warp &warp, uint32_t lanes);
// The running thread polls: everyone else has a turn. Fails when only polling goes on.
void yield(Site site);

// The order in which blocks start; `index` counts from 0.
uint32_t permuted_block(uint32_t index, uint32_t count);

// Runs every runnable thread of the resident blocks until none is left, or the launch is aborted.
void run_resident_blocks();

}  // namespace simt
