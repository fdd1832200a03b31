// SPDX-License-Identifier: Apache-2.0
// The gradient of a statistic from the sums of its cells, and of a parameter from those of a cell.
#pragma once

#include "kernels/finalize/sums.cuh"
#include "kernels/tensor/parameters.cuh"
#include "kernels/tensor/statistic_gradients.cuh"

namespace jsnorm::gpu {

// The sums of cells: g[cell], and g_centred `stride` entries behind. Several records follow each
// other, 2*stride entries each.
struct CellSums {
    global<const double> g = nullptr;
    int64_t stride = 0;
    int64_t records = 1;
};

// The sums of one cell, added over the records in their order.
JSNORM_DEVICE GradientSums sums_of(const CellSums &sums, int64_t cell) {
    const double g = load(sums.g + cell);
    const double g_centred = load(sums.g + (sums.stride + cell));
    GradientSums total = {g, g_centred};
    JSNORM_ROLLED
    for (int64_t record = 1; record < sums.records; ++record) {
        const int64_t first = 2 * sums.stride * record + cell;
        total.g += load(sums.g + first);
        total.g_centred += load(sums.g + (sums.stride + first));
    }
    return total;
}

// What a cell adds to dgamma and dbeta. shift: from the mean, about which the sums are, to the
// shrunk mean, about which forward standardized.
struct CellGradients {
    double dgamma;
    double dbeta;
};

JSNORM_HD inline CellGradients cell_gradients(const GradientSums &sums, double shift, double rstd) {
    return {rstd * (sums.g_centred + shift * sums.g), sums.g};
}

}  // namespace jsnorm::gpu
