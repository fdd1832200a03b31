// SPDX-License-Identifier: Apache-2.0
// The workspace of an operation as typed arrays.
#pragma once

#include "src/cuda/launch/launchers.hpp"
#include "src/cuda/plan/workspace.hpp"

namespace jsnorm::cuda {

template <class T>
class WorkspaceArrays {
  public:
    using Acc = Compute<T>;

    WorkspaceArrays(const Problem &problem, const Workspace &workspace, void *memory)
        : cells_(problem.cells),
          has_slices_(problem.statistics > gpu::kSliceStatistics),
          workspace_(workspace),
          memory_(static_cast<std::byte *>(memory)) {}

    Acc *gamma() const { return at<Acc>(Array::kGamma); }
    Acc *beta() const { return at<Acc>(Array::kBeta); }
    double *mean() const { return at<double>(Array::kMean); }
    double *variance() const { return at<double>(Array::kVariance); }
    double *shrunk_mean() const { return at<double>(Array::kShrunkMean); }
    double *shrunk_variance() const { return at<double>(Array::kShrunkVariance); }
    gpu::ForwardArrays<Acc> forward() const { return {at<Acc>(Array::kForward), cells_}; }
    gpu::BackwardArrays<Acc> backward() const { return {at<Acc>(Array::kBackward), cells_}; }
    MeanM2 *moment_partials() const { return at<MeanM2>(Array::kPartials); }
    GradientSums *gradient_partials() const { return at<GradientSums>(Array::kPartials); }
    double *sums() const { return at<double>(Array::kSums); }
    Acc *parameter_partials() const { return at<Acc>(Array::kParameterPartials); }
    int64_t *total_count() const { return at<int64_t>(Array::kTotalCount); }
    // NULL where vectors are short.
    gpu::VectorSums *slices() const {
        return has_slices_ ? at<gpu::VectorSums>(Array::kSlices) : nullptr;
    }
    double *gradient_slices() const {
        return has_slices_ ? at<double>(Array::kGradientSlices) : nullptr;
    }

  private:
    template <class U>
    U *at(Array array) const {
        return reinterpret_cast<U *>(memory_ + workspace_.offset(array));
    }

    int64_t cells_;
    bool has_slices_;
    const Workspace &workspace_;
    std::byte *memory_;
};

}  // namespace jsnorm::cuda
