// SPDX-License-Identifier: Apache-2.0
// The coefficients of a block of neighbouring cells, written out `fold` times one after the other
// where a run takes so many elements of each (src/cpu/tree.hpp).
#pragma once

#include <algorithm>

#include "src/cpu/cells.hpp"
#include "src/cpu/coefficients.hpp"

namespace jsnorm::cpu {

template <class Acc>
class BlockCoefficients {
  public:
    BlockCoefficients(const ForwardCoefficients<Acc> &forward_of,
                      const BackwardCoefficients<Acc> &backward_of,
                      const ParameterValues<Acc> &parameters_of, Range cells, int64_t parameter,
                      int64_t fold)
        : forward(forward_of.from(cells.begin)),
          backward(backward_of.from(cells.begin)),
          parameters(parameters_of.from(parameter)) {
        if (fold == 1) return;
        Acc *room = room_;
        const auto repeat = [&](auto *&values) {
            Acc *repeated = room;
            for (int64_t i = 0; i < fold; ++i) room = std::copy_n(values, cells.length(), room);
            values = repeated;
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
    Acc room_[10 * kFoldedWidth];
};

}  // namespace jsnorm::cpu
