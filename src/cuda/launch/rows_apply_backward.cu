// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/launch/rows.hpp"

JSNORM_LAUNCH_ROWS(rows_apply_backward, RowsApplyBackward, JSNORM_ROW_APPLY_LANES)
