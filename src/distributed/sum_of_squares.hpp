// SPDX-License-Identifier: Apache-2.0
// The M2 of a variance that forward saved, on the host and on the device.
#pragma once

#include <cmath>
#include <limits>

#include "kernels/math/portable.cuh"

namespace jsnorm::distributed {

// An M2 of which M2 / count is the variance to the last bit, if there is one: there is where the
// variance was made that way. The product may be off by a rounding; a neighbour is then right.
JSNORM_HD inline double sum_of_squares(double variance, double count) {
    const double product = variance * count;
    if (!(count > 0) || product / count == variance) return product;
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const double above = std::nextafter(product, kInfinity);
    if (above / count == variance) return above;
    const double below = std::nextafter(product, -kInfinity);
    return below / count == variance ? below : product;
}

}  // namespace jsnorm::distributed
