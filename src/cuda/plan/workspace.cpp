// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/plan/workspace.hpp"

#include "kernels/math/limits.cuh"
#include "src/cuda/plan/scheme.hpp"

namespace jsnorm::cuda {

namespace {

const OperationArrays<Array> &operation_arrays() {
    using enum Array;
    static constexpr OperationArrays<Array> kArrays = {
        .forward = {kGamma, kBeta, kMean, kVariance, kForward, kPartials, kSlices, kGradientSlices},
        .backward = {kGamma, kBeta, kMean, kVariance, kShrunkMean, kShrunkVariance, kForward,
                     kBackward, kPartials, kSums, kSlices, kGradientSlices, kParameterPartials},
        .forward_statistics = {kMean, kVariance, kPartials},
        .forward_finalize = {kMean, kVariance, kSlices, kGradientSlices, kTotalCount},
        .backward_reduce = {kPartials},
        .backward_finalize = {kShrunkMean, kShrunkVariance, kSlices, kGradientSlices},
        .apply = {kGamma, kBeta},
    };
    return kArrays;
}

int64_t slices_of(const Problem &problem) {
    if (problem.statistics <= gpu::kSliceStatistics) return 0;
    return problem.groups * gpu::divide_up(problem.statistics, gpu::kSliceStatistics);
}

size_t bytes_of(Array array, const Problem &problem) {
    constexpr size_t kSliceBytes = 64;
    constexpr size_t kGradientSliceBytes = 32;
    const size_t value = compute_bytes(problem.type);
    const auto bytes = [](int64_t count, size_t size) { return static_cast<size_t>(count) * size; };
    switch (array) {
        case Array::kGamma:
        case Array::kBeta:
            if (!problem.parameter_per_element) return 0;
            return bytes(padded_parameters(problem), value);
        case Array::kMean:
        case Array::kVariance:
        case Array::kShrunkMean:
        case Array::kShrunkVariance:
            return bytes(problem.statistics_total(), sizeof(double));
        case Array::kForward:
            return bytes(3 * problem.cells, value);
        case Array::kBackward:
            return bytes(5 * problem.cells, value);
        case Array::kPartials:
            return bytes(max_partials(problem), 2 * sizeof(double));
        case Array::kSums:
            return bytes(problem.cells, 2 * sizeof(double));
        case Array::kSlices:
            return bytes(slices_of(problem), kSliceBytes);
        case Array::kGradientSlices:
            return bytes(slices_of(problem), kGradientSliceBytes);
        case Array::kParameterPartials:
            if (!problem.parameter_per_element) return 0;
            return bytes(max_parts(problem) * 2 * problem.shape.parameters, value);
        case Array::kTotalCount:
            return sizeof(int64_t);
        case Array::kCount:
            break;
    }
    return 0;
}

}  // namespace

int64_t padded_parameters(const Problem &problem) {
    return gpu::round_up(problem.shape.parameters, gpu::kLaneOrderRun);
}

Workspace plan_workspace(const Problem &problem, jsnormOperation_t operation) {
    Workspace workspace;
    for (const Array array : operation_arrays().of(operation))
        workspace.add(array, bytes_of(array, problem));
    return workspace;
}

}  // namespace jsnorm::cuda
