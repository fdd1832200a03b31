// SPDX-License-Identifier: Apache-2.0
#include "src/cpu/workspace.hpp"

#include <algorithm>

#include "src/cpu/cut.hpp"

namespace jsnorm::cpu {

namespace {

const OperationArrays<Array> &operation_arrays() {
    using enum Array;
    static constexpr OperationArrays<Array> kArrays = {
        .forward = {kGamma, kBeta, kMean, kVariance, kShrunkMean, kShrunkVariance, kRstd, kForward,
                    kPartials},
        .backward = {kGamma, kBeta, kMean, kVariance, kShrunkMean, kShrunkVariance, kRstd, kForward,
                     kBackward, kPartials, kSums, kWeighted, kParameterPartials},
        .forward_statistics = {kMean, kVariance, kPartials},
        .forward_finalize = {kMean, kVariance, kShrunkMean, kShrunkVariance, kRstd},
        .backward_reduce = {kGamma, kBeta, kBackward, kPartials, kSums, kWeighted,
                            kParameterPartials},
        .backward_finalize = {kGamma, kBeta, kShrunkMean, kShrunkVariance, kRstd, kSums, kWeighted,
                              kParameterPartials},
        .apply = {kGamma, kBeta},
    };
    return kArrays;
}

size_t bytes_of(Array array, const Problem &problem) {
    const size_t value = compute_bytes(problem.type);
    const auto bytes = [](int64_t count, size_t size) { return static_cast<size_t>(count) * size; };
    switch (array) {
        case Array::kGamma:
        case Array::kBeta:
            return bytes(problem.shape.parameters, value);
        case Array::kMean:
        case Array::kVariance:
        case Array::kShrunkMean:
        case Array::kShrunkVariance:
        case Array::kRstd:
            return bytes(problem.statistics_total(), sizeof(double));
        case Array::kForward:
            return bytes(3 * problem.cells, value);
        case Array::kBackward:
            return bytes(5 * problem.cells, value);
        case Array::kPartials: {
            // Rows and columns are cut differently: enough for both.
            const int64_t chunks = std::max(Cut(problem, true).chunks, Cut(problem, false).chunks);
            return bytes(chunks * problem.cells, 2 * sizeof(double));
        }
        case Array::kSums:
            return bytes(problem.cells, 2 * sizeof(double));
        case Array::kWeighted:
            return bytes(problem.statistics_total(), 2 * sizeof(double));
        case Array::kParameterPartials:
            if (!problem.parameter_per_element) return 0;
            return bytes(divide_up(problem.cells, kRowBlock) * 2 * problem.shape.parameters, value);
        case Array::kCount:
            break;
    }
    return 0;
}

}  // namespace

Workspace plan_workspace(const Problem &problem, jsnormOperation_t operation) {
    Workspace workspace;
    for (const Array array : operation_arrays().of(operation))
        workspace.add(array, bytes_of(array, problem));
    return workspace;
}

}  // namespace jsnorm::cpu
