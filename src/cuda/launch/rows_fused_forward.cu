// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/launch/rows.hpp"

JSNORM_LAUNCH_ROWS(rows_fused_forward, RowsFusedForward, JSNORM_ROW_LANES)
