// SPDX-License-Identifier: Apache-2.0
// The structs behind the opaque types of the C ABI.
#pragma once

#include <atomic>

#include "jsnorm/jsnorm.h"
#include "src/core/device.hpp"
#include "src/core/layout.hpp"

namespace jsnorm {

// The settings of a norm descriptor.
struct NormConfig {
    jsnormNormKind_t kind = JSNORM_BATCH_NORM;
    jsnormEstimator_t mean_estimator = JSNORM_ESTIMATOR_JAMES_STEIN;
    jsnormEstimator_t variance_estimator = JSNORM_ESTIMATOR_JAMES_STEIN;
    double lambda = 0;
    double epsilon = 1e-5;
    double effective_fraction = 1;
    jsnormActivation_t activation = JSNORM_ACTIVATION_NONE;
    int32_t first_normalized_axis = -1;
    int64_t statistics_per_group = 0;
    int64_t group_count = 1;
    jsnormRunningMode_t running_mode = JSNORM_RUNNING_SHRUNK;
    jsnormRunningVariance_t running_variance = JSNORM_RUNNING_VARIANCE_CORRECTED;
    jsnormParameterGradientScope_t gradient_scope = JSNORM_PARAMETER_GRADIENT_LOCAL;
};

inline bool is_batch_kind(jsnormNormKind_t kind) {
    return kind == JSNORM_BATCH_NORM || kind == JSNORM_BATCH_NORM_PER_ACTIVATION;
}

class Backend;

// Set at creation and cleared at destruction, so that a stale pointer is noticed while its memory
// is still readable.
enum class Magic : uint64_t {
    kHandle = 0x6a736e6f726d4831,
    kTensor = 0x6a736e6f726d5431,
    kNorm = 0x6a736e6f726d4e31,
};

}  // namespace jsnorm

struct jsnormHandleStruct {
    static constexpr jsnorm::Magic kMagic = jsnorm::Magic::kHandle;
    jsnorm::Magic magic = kMagic;
    const jsnorm::Backend *backend = nullptr;
    jsnorm::DeviceSpec device;  // CUDA handles
    jsnormStream_t stream = nullptr;
    int32_t thread_count = 0;
    jsnormParallelFor_t parallel_for = nullptr;  // of the caller, in place of OpenMP
    void *runner_data = nullptr;
    int32_t sm_count = 0;
    int32_t pointer_checks = 0;
};

struct jsnormTensorDescriptorStruct {
    static constexpr jsnorm::Magic kMagic = jsnorm::Magic::kTensor;
    jsnorm::Magic magic = kMagic;
    jsnorm::Layout layout;
};

struct jsnormNormDescriptorStruct {
    static constexpr jsnorm::Magic kMagic = jsnorm::Magic::kNorm;
    jsnorm::Magic magic = kMagic;
    std::atomic<bool> used = false;  // true: the settings are frozen
    jsnorm::NormConfig config;
};
