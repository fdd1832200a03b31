// SPDX-License-Identifier: Apache-2.0
//
// A batch norm over a batch that ranks share, by any implementation: fused on all rows, or one
// rank's part.
#ifndef JSNORM_TESTS_DISTRIBUTED_SHARED_LAYER_HPP
#define JSNORM_TESTS_DISTRIBUTED_SHARED_LAYER_HPP

#include <functional>
#include <string>
#include <vector>

#include "tests/distributed/layer_memory.hpp"
#include "tests/support/api_objects.hpp"

namespace jsnorm::test {

struct SharedLayer {
    std::string name;
    jsnormNormKind_t kind = JSNORM_BATCH_NORM;
    int64_t channels = 8;  // even for per-activation norms
    // Elements of a statistic that each rank has: samples and pixels. Pixels only for BATCH_NORM.
    std::vector<int64_t> samples, pixels;
    jsnormEstimator_t mean_estimator = JSNORM_ESTIMATOR_JAMES_STEIN;
    jsnormEstimator_t variance_estimator = JSNORM_ESTIMATOR_JAMES_STEIN;
    double lambda = 0;
    bool relu = false;
    bool mask_and_residual = false;
    jsnormParameterGradientScope_t scope = JSNORM_PARAMETER_GRADIENT_GLOBAL;
    double mean = 1, deviation = 1;

    int64_t ranks() const { return static_cast<int64_t>(samples.size()); }
    int64_t rows(int64_t rank) const {
        return samples[static_cast<size_t>(rank)] * pixels[static_cast<size_t>(rank)];
    }
    int64_t first_row(int64_t rank) const;
    int64_t all_rows() const { return first_row(ranks()); }
};

// Everything that the operations write, for some rows.
struct LayerResult {
    std::vector<double> y, dx, dz, saved_mean, saved_variance, shrunk_mean, shrunk_variance;
    std::vector<double> running_mean, running_variance, dgamma, dbeta;
};

// How the operations are called; a status other than SUCCESS is thrown with last_error's text.
struct LayerCalls {
    std::function<jsnormStatus_t(jsnormHandle_t, jsnormNormDescriptor_t, jsnormTensorDescriptor_t,
                                 jsnormOperation_t, size_t *)>
        workspace_size;
    std::function<jsnormStatus_t(jsnormHandle_t, jsnormNormDescriptor_t,
                                 const jsnormForwardTrainingArgs_t *)>
        forward;
    std::function<jsnormStatus_t(jsnormHandle_t, jsnormNormDescriptor_t,
                                 const jsnormBackwardArgs_t *)>
        backward;
    std::function<const char *()> last_error = jsnormGetLastErrorString;
};

// One process on all rows: what the ranks together must reproduce.
LayerResult run_whole(const SharedLayer &layer, const LayerDevice &device = {});
// Rank `rank`'s part.
LayerResult run_part(const SharedLayer &layer, int64_t rank, const LayerCalls &calls,
                     const LayerDevice &device = {});
// Statistics, running statistics and gradients of parameters by the phases of the core, with a
// record for each part that has rows; no y and dx.
LayerResult run_phases(const SharedLayer &layer, const LayerDevice &device = {});

// What a rank's result must be: near the whole, to the last bit that of the phases. Empty: all is
// well.
std::string compare_to_whole(const SharedLayer &layer, int64_t rank, const LayerResult &part,
                             const LayerResult &whole);
std::string compare_to_phases(const LayerResult &part, const LayerResult &phases);
std::string compare_bits(const LayerResult &one, const LayerResult &other);

// Layers for this many ranks: every estimator, both kinds, fewer channels than ranks, uneven and
// empty parts.
std::vector<SharedLayer> shared_layers(int64_t ranks);

}  // namespace jsnorm::test

#endif
