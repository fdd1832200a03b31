// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/launch/rows.hpp"

JSNORM_LAUNCH_ROWS(rows_gradient_sums, RowsGradientSums, JSNORM_ROW_LANES)
