// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/launch/rows.hpp"

JSNORM_LAUNCH_LAYER(rows_layer_backward, RowsLayerBackward)
