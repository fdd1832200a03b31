// SPDX-License-Identifier: Apache-2.0
// The coefficients of a block of neighbouring cells. Where a run holds `fold` elements of each cell
// (Cut::fold), they are repeated `fold` times, so that every element of a run has its coefficients
// at its own place.
#pragma once

#include <algorithm>

#include "src/cpu/cells.hpp"
#include "src/cpu/coefficients.hpp"

namespace jsnorm::cpu {

template <class Acc>
class BlockCoefficients {
  public:
    BlockCoefficients(const ForwardCoefficients<Acc> &all_forward,
                      const BackwardCoefficients<Acc> &all_backward,
                      const ParameterValues<Acc> &all_parameters, Range cells, int64_t parameter,
                      int64_t fold)
        : forward(all_forward.from(cells.begin)),
          backward(all_backward.from(cells.begin)),
          parameters(all_parameters.from(parameter)) {
        if (fold == 1) return;
        Acc *end = repeated_;
        const auto repeat = [&](auto *&values) {
            Acc *begin = end;
            for (int64_t i = 0; i < fold; ++i) end = std::copy_n(values, cells.length(), end);
            values = begin;
        };
        repeat(forward.mean_head), repeat(forward.mean_tail), repeat(forward.rstd);
        repeat(backward.mean_head), repeat(backward.mean_tail), repeat(backward.rstd);
        repeat(backward.b), repeat(backward.t);
        repeat(parameters.gamma), repeat(parameters.beta);
    }
    BlockCoefficients(const BlockCoefficients &) = delete;

    ForwardCoefficients<Acc> forward;
    BackwardCoefficients<Acc> backward;
    ParameterValues<Acc> parameters;

  private:
    Acc repeated_[10 * kFoldedWidth];
};

}  // namespace jsnorm::cpu
