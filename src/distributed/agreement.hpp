// SPDX-License-Identifier: Apache-2.0
// Before anything is computed every rank learns whether all ranks ask for the same. What is
// compared takes a few hundred bytes, however many ranks there are.
#pragma once

#include <array>
#include <cstdint>

#include "jsnorm/jsnorm.h"
#include "src/distributed/engine.hpp"

namespace jsnorm::distributed {

// What must be equal. Doubles are compared by their bits.
enum Field : int32_t {
    kOperation,
    kKind,
    kChannels,
    kDataType,
    kMeanEstimator,
    kVarianceEstimator,
    kLambda,
    kEpsilon,
    kEffectiveFraction,
    kActivation,
    kGradientScope,
    kFieldCount
};

struct Request {
    jsnormStatus_t status =
        JSNORM_STATUS_SUCCESS;  // of the checks of this rank; the rest counts if it is SUCCESS
    std::array<int64_t, kFieldCount> fields = {};
};

// Collective, and returns the same status on every rank: SUCCESS; or the status of the first rank
// whose own checks failed; or that of the first field in which a rank differs from rank 0. The text
// names the rank and both values.
jsnormStatus_t agree(Reductions &engine, const Request &request);

// Not collective: whether a request is what was agreed on before, else the status of the first
// field that is not.
jsnormStatus_t fits_agreement(const Request &request, const Request &agreed);

// Collective. After a step that each rank did by itself: the sum of all counts, or a failure on
// every rank where the step failed on one. count: 0 or more.
jsnormStatus_t agree_on_count(Reductions &engine, jsnormStatus_t status, int64_t count,
                              int64_t &total);

}  // namespace jsnorm::distributed
