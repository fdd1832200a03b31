// SPDX-License-Identifier: Apache-2.0
// The all-to-all of the exchange by channel in log2 P rounds instead of P - 1 (Bruck et al., IEEE
// Transactions on Parallel and Distributed Systems 8(11), 1997). In round k a rank passes on, to
// the rank 2^k further, every message whose way still has that step to go. A message then travels
// log2(P)/2 times on average, and nobody waits for more than log2 P others. What arrives is what
// the direct all-to-all brings: merging sees no difference.
#pragma once

#include "src/distributed/exchange.hpp"

namespace jsnorm::distributed {

// Words of the messages that a rank holds on the way: one of every distance, in slots of equal
// size.
int64_t slot_words(const ExchangeShape &shape);

// Collective. messages: of this rank to all ranks, one after another, as cut_record writes them;
// afterwards those of all ranks to this one, in the order of the ranks. slots: ranks * slot_words
// words. rounds: twice as many.
jsnormStatus_t route_messages(Engine &engine, const ExchangeShape &shape, double *messages,
                              double *slots, double *rounds);

}  // namespace jsnorm::distributed
