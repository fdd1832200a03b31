// SPDX-License-Identifier: Apache-2.0
// The estimators of rows by themselves. They are the same for every row, so that the host takes in
// what they depend on.
#pragma once

#include "kernels/tensor/vector_sums.cuh"

namespace jsnorm::gpu {

struct LayerRules {
    GroupShrinkage shrinkage;
    double epsilon = 0;
};

// elements: of a row.
inline LayerRules layer_rules(const NormRules &rules, double elements) {
    constexpr Groups kOfOneStatistic = {};
    return {shrinkage_of(kOfOneStatistic, rules, elements, {}), rules.epsilon};
}

}  // namespace jsnorm::gpu
