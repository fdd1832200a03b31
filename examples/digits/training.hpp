// SPDX-License-Identifier: Apache-2.0
// One training run, and the experiment: every estimator at every batch size from every seed.
#pragma once

#include <cstdint>
#include <vector>

#include "classifier.hpp"
#include "digits_data.hpp"
#include "estimators.hpp"
#include "norm_layer.hpp"
#include "workspace.hpp"

namespace digits {

// The rule for all runs, chosen before any was made: the learning rate grows with the batch, 0.1
// per 256 images (Goyal et al., arXiv 1706.02677), and is constant; momentum is 0.9. No weight
// decay.
inline constexpr double kLearningRatePerImage = 0.1 / 256.0;
inline constexpr double kMomentum = 0.9;

struct RunSettings {
    Network network;
    Estimators estimators;
    int64_t batch;
    uint64_t seed;
    int64_t epochs;
};

struct EpochRecord {
    double training_loss;  // the mean over the epoch's batches
    double test_accuracy;
};

struct FactorRecord {
    int64_t step;  // 1 is the first
    int layer;
    ShrinkFactors factors;
    double largest_xhat;  // of the batch
};

struct RunResult {
    RunSettings settings;
    std::vector<EpochRecord> epochs;
    std::vector<FactorRecord> factors;  // of about 200 steps, evenly spread

    // The loss of an epoch was no finite number.
    bool diverged() const;
};

// Each epoch visits the training images in a new order; the images left over by the last whole
// batch of the epoch are dropped. The seed decides weights and orders, for all
// estimators alike.
RunResult train(const jsnorm::Handle &handle, const Digits &digits, const RunSettings &settings);

// Runs as many at a time as the machine has cores, each on one thread; the results do not depend
// on how many.
std::vector<RunResult> train_all(jsnormBackend_t backend, const Digits &digits,
                                 const std::vector<RunSettings> &settings);

}  // namespace digits
