// SPDX-License-Identifier: Apache-2.0
// An operation at work on elements of type T: its plan, the queue of its kernels, its workspace,
// and the caller's arrays as kernels take them.
#pragma once

#include "src/core/backend.hpp"
#include "src/core/with_type.hpp"
#include "src/cuda/arrays.hpp"
#include "src/cuda/plan/geometry.hpp"

namespace jsnorm::cuda {

template <class T>
class Context {
  public:
    using Acc = Compute<T>;

    Context(const Invocation &invocation, const Plan &made)
        : problem(*invocation.problem),
          plan(made),
          queue(*invocation.handle),
          arrays(problem, plan.workspace, invocation.workspace) {}

    const Problem &problem;  // as it was asked: its groups are not those of a fused plan
    const Plan &plan;
    Queue queue;
    const WorkspaceArrays<T> arrays;

    double elements() const { return static_cast<double>(problem.elements_per_statistic()); }

    gpu::NormRules rules() const {
        const NormConfig &norm = problem.norm;
        return {norm.mean_estimator, norm.variance_estimator, norm.lambda, norm.epsilon,
                norm.effective_fraction};
    }

    int32_t relu() const { return problem.norm.activation == JSNORM_ACTIVATION_RELU ? 1 : 0; }

    // gamma and beta for kernels that read those of a cell.
    gpu::GivenParameters<T> parameters(const Parameters &given) const {
        return {given_array(given.gamma, given.type), given_array(given.beta, given.type)};
    }

    // gamma and beta for a kernel of rows, whose blocks may keep those of elements in shared
    // memory. Where they cannot, widened() says what has to be done before.
    gpu::RowParameters<T> row_parameters(const Parameters &given, const Pass &pass) const {
        gpu::RowParameters<T> result;
        result.per_element = problem.parameter_per_element ? 1 : 0;
        result.smem_entries = pass.rows.smem_entries;
        result.count = gpu::make_divisor(problem.shape.parameters);
        result.wide = are_wide(given);
        result.given[gpu::kGamma] = given_array(given.gamma, given.type);
        result.given[gpu::kBeta] = given_array(given.beta, given.type);
        if (reads_lane_order(pass)) {
            const bool as_given = are_in_lane_order(given);
            result.values[gpu::kGamma] =
                as_given ? static_cast<const Acc *>(given.gamma) : arrays.gamma();
            result.values[gpu::kBeta] =
                as_given ? static_cast<const Acc *>(given.beta) : arrays.beta();
        }
        return result;
    }

    // The copy of gamma and beta that a pass needs; none where `padded` is 0.
    gpu::WidenParameters<T> widened(const Parameters &given, const Pass &pass) const {
        gpu::WidenParameters<T> widen;
        if (!reads_lane_order(pass) || are_in_lane_order(given)) return widen;
        widen.gamma = given_array(given.gamma, given.type);
        widen.beta = given_array(given.beta, given.type);
        widen.count = problem.shape.parameters;
        widen.padded = padded_parameters(problem);
        widen.wide_gamma = arrays.gamma();
        widen.wide_beta = arrays.beta();
        return widen;
    }

    // Whether gamma and beta of elements allow accesses of 16 bytes.
    int32_t are_wide(const Parameters &given) const {
        constexpr int64_t kMostWidth = 8;
        const bool wide = is_aligned(given.gamma) && is_aligned(given.beta) &&
                          problem.shape.parameters % kMostWidth == 0;
        return wide ? 1 : 0;
    }

    gpu::GivenArray<T> given_array(const void *data, jsnormDataType_t type) const {
        gpu::GivenArray<T> given;
        if (type == problem.type) {
            given.as_x = static_cast<const T *>(data);
        } else {
            given.as_float = static_cast<const float *>(data);
        }
        return given;
    }

    gpu::LayerParameters<T> layer_parameters(const Parameters &given) const {
        return {given_array(given.gamma, given.type), given_array(given.beta, given.type),
                are_wide(given)};
    }

    gpu::GradientArray<T> gradient(void *data, jsnormDataType_t type) const {
        gpu::GradientArray<T> array;
        if (type == problem.type) {
            array.as_x = static_cast<T *>(data);
        } else {
            array.as_float = static_cast<float *>(data);
        }
        return array;
    }

    gpu::RunningArray running_array(const void *data, jsnormDataType_t type) const {
        return {static_cast<unsigned char *>(const_cast<void *>(data)), type};
    }

    gpu::RunningAverage running_average(const RunningUpdate &update) const {
        const NormConfig &norm = problem.norm;
        gpu::RunningAverage average;
        average.mean = running_array(update.mean, update.type);
        average.variance = running_array(update.variance, update.type);
        average.next_mean = running_array(update.next_mean, update.type);
        average.next_variance = running_array(update.next_variance, update.type);
        average.factor = update.factor;
        average.step = update.step;
        average.raw = norm.running_mode == JSNORM_RUNNING_RAW ? 1 : 0;
        average.corrected = corrects_running_variance(norm) ? 1 : 0;
        return average;
    }

  private:
    // Lanes read the parameters of elements from global memory, a vector at a time.
    bool reads_lane_order(const Pass &pass) const {
        return problem.parameter_per_element && !pass.layer && pass.rows.smem_entries == 0;
    }
    bool are_in_lane_order(const Parameters &given) const {
        constexpr jsnormDataType_t kType = sizeof(Acc) == 8 ? JSNORM_DOUBLE : JSNORM_FLOAT;
        const bool there = given.gamma != nullptr && given.beta != nullptr && given.type == kType;
        return there && sizeof(T) != 2 && is_aligned(given.gamma) && is_aligned(given.beta) &&
               problem.shape.parameters % gpu::kWidth<T> == 0;
    }
};

// Enqueues by body(context), with a context for the type of the problem's elements.
template <class Body>
jsnormStatus_t with_context(const Invocation &invocation, const Plan &plan, const Body &body) {
    return with_type(invocation.problem->type, [&](auto tag) {
        Context<decltype(tag)> context(invocation, plan);
        body(context);
        return context.queue.status();
    });
}

inline gpu::StatisticArrays statistic_arrays(const StatisticOutputs &outputs) {
    return {outputs.saved_mean, outputs.saved_variance, outputs.shrunk_mean,
            outputs.shrunk_variance};
}

}  // namespace jsnorm::cuda
