// SPDX-License-Identifier: Apache-2.0
// How far the statistics of a small batch are from those of all training images, with each
// estimator: what shrinkage is for, seen without any training.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "digits_data.hpp"
#include "workspace.hpp"

namespace digits {

// Squared errors over those without shrinkage: below 1, the estimator helps.
struct RiskRecord {
    int layer;  // 1 or 2: the norm layers of a classifier that has not been trained
    int64_t rows;
    std::string estimator;
    double means;
    double variances;  // with the divisor R-1 where the estimator has none of its own
    double outputs;    // of xhat, against xhat by the statistics of all training images
};

inline constexpr int64_t kRiskDraws = 400;

// Batches of 2, 4, ... 1024 images, drawn with replacement.
std::vector<RiskRecord> measure_risk(jsnormBackend_t backend, const Digits &digits);

}  // namespace digits
