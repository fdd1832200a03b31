// SPDX-License-Identifier: Apache-2.0
// The synchronized operations, for any engine. Collective: every rank calls them, also with an
// empty part.
#pragma once

#include <cstddef>

#include "jsnorm/jsnorm.h"
#include "src/distributed/engine.hpp"
#include "src/distributed/exchange_plan.hpp"

namespace jsnorm::distributed {

// Either the exchange that the cost model chooses, or a given one, the same on every rank.
class ExchangeChoice {
  public:
    ExchangeChoice() = default;
    ExchangeChoice(Exchange exchange) : given_(true), exchange_(exchange) {}
    Exchange of(int64_t ranks, int64_t channels) const {
        return given_ ? exchange_ : choose_exchange(ranks, channels);
    }

  private:
    bool given_ = false;
    Exchange exchange_ = Exchange::kGather;
};

jsnormStatus_t forward_training(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                const jsnormForwardTrainingArgs_t *given, Engine &engine,
                                ExchangeChoice choice);

jsnormStatus_t backward(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                        const jsnormBackwardArgs_t *given, Engine &engine, ExchangeChoice choice);

// Not collective. operation: JSNORM_FORWARD_TRAINING or JSNORM_BACKWARD.
jsnormStatus_t workspace_size(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                              int64_t ranks, ExchangeChoice choice, size_t *bytes);

}  // namespace jsnorm::distributed
