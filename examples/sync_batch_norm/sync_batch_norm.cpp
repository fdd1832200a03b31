// SPDX-License-Identifier: Apache-2.0
// The idea: batch norm over a batch that several processes share. Each rank sees its own part (one
// of them an empty one) and runs the phases; between them travel only the records of statistics,
// concatenated (an all-gather), and two sums per channel, concatenated as well. Here the ranks are
// four objects in one process. The result is compared with one call on the whole batch.
#include <jsnorm/jsnorm.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

#include "sync_rank.hpp"

namespace sync_example {
namespace {

constexpr int64_t kRankSamples[] = {5, 0, 11, 3};
constexpr double kTolerance = 1e-5;

void normalize_by_ranks(const Layer &layer, Batch &batch) {
    std::vector<std::unique_ptr<Rank>> ranks;
    int64_t first_sample = 0;
    for (const int64_t samples : kRankSamples) {
        ranks.push_back(std::make_unique<Rank>(layer, samples, batch, first_sample));
        first_sample += samples;
    }

    const jsnormTensorDescriptor_t desc = make_descriptor(1);  // a record's size depends on K alone
    size_t record_bytes = 0;
    check(jsnormGetRecordSize(layer.norm, desc, JSNORM_RECORD_MOMENTS, &record_bytes));
    check(jsnormDestroyTensorDescriptor(desc));

    const AlignedBytes records(ranks.size() * record_bytes);  // the all-gather
    for (size_t i = 0; i < ranks.size(); ++i) {
        ranks[i]->statistics(records.data() + i * record_bytes);
    }
    for (auto &rank : ranks) rank->forward(records.data(), static_cast<int64_t>(ranks.size()));

    std::vector<double> sums;  // the second all-gather
    for (auto &rank : ranks) {
        const std::vector<double> &own = rank->reduce();
        sums.insert(sums.end(), own.begin(), own.end());
    }
    for (auto &rank : ranks) rank->backward(sums, static_cast<int64_t>(ranks.size()));
}

// One call forward and one backward on the whole batch: what the ranks together must reproduce.
void normalize_whole(const Layer &layer, Batch &batch) {
    const auto samples = static_cast<int64_t>(batch.x.size()) / kSampleSize;
    const jsnormTensorDescriptor_t desc = make_descriptor(samples);
    std::vector<double> mean(kChannels), variance(kChannels);

    jsnormForwardTrainingArgs_t forward;
    check(jsnormForwardTrainingArgsInit(&forward, sizeof forward));
    forward.x_desc = forward.y_desc = desc;
    forward.x = batch.x.data();
    forward.y = batch.y.data();
    forward.gamma = layer.gamma.data();
    forward.beta = layer.beta.data();
    forward.saved_mean = mean.data();
    forward.saved_variance = variance.data();
    const auto forward_space = layer.lend_workspace(desc, JSNORM_FORWARD_TRAINING, forward);
    check(jsnormForwardTraining(layer.handle, layer.norm, &forward));

    jsnormBackwardArgs_t backward;
    check(jsnormBackwardArgsInit(&backward, sizeof backward));
    backward.x_desc = backward.dy_desc = backward.dx_desc = desc;
    backward.x = batch.x.data();
    backward.dy = batch.dy.data();
    backward.gamma = layer.gamma.data();
    backward.saved_mean = mean.data();
    backward.saved_variance = variance.data();
    backward.dx = batch.dx.data();
    backward.dgamma = batch.dgamma.data();
    backward.dbeta = batch.dbeta.data();
    const auto backward_space = layer.lend_workspace(desc, JSNORM_BACKWARD, backward);
    check(jsnormBackward(layer.handle, layer.norm, &backward));

    check(jsnormDestroyTensorDescriptor(desc));
}

// The largest difference, in units of the largest entry.
double difference(const char *name, const std::vector<float> &actual,
                  const std::vector<float> &expected) {
    double largest = 0.0, worst = 0.0;
    for (size_t i = 0; i < expected.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
        const double apart = std::abs(static_cast<double>(actual[i]) - expected[i]);
        // Without the first comparison a NaN would go unnoticed.
        worst = std::isnan(apart) ? HUGE_VAL : std::max(worst, apart);
    }
    std::printf("  %-7s %.1e\n", name, worst / largest);
    return worst / largest;
}

}  // namespace
}  // namespace sync_example

int main() {
    using namespace sync_example;
    const Layer layer;
    int64_t samples = 0;
    for (const int64_t part : kRankSamples) samples += part;
    Batch shared(samples), whole(samples);
    normalize_by_ranks(layer, shared);
    normalize_whole(layer, whole);

    std::printf(
        "Four ranks with 5, 0, 11 and 3 samples against one call on all 19:\n"
        "the largest difference, relative to the largest entry\n");
    bool equal = true;
    for (const double apart :
         {difference("y", shared.y, whole.y), difference("dx", shared.dx, whole.dx),
          difference("dgamma", shared.dgamma, whole.dgamma),
          difference("dbeta", shared.dbeta, whole.dbeta)}) {
        equal = equal && apart <= kTolerance;
    }
    std::printf(equal ? "Equal within %.0e.\n" : "NOT equal within %.0e.\n", kTolerance);
    return equal ? 0 : 1;
}
