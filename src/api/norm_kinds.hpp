// SPDX-License-Identifier: Apache-2.0
// Which kinds of norms a setting is for: its setter and its getter refuse the others alike.
#pragma once

#include "src/core/objects.hpp"
#include "src/core/status.hpp"

namespace jsnorm {

inline jsnormStatus_t check_kind(const NormConfig &config, bool fits, const char *wanted) {
    JSNORM_REQUIRE(fits, JSNORM_STATUS_BAD_PARAM, "desc: kind = %d, but this is for %s only",
                   config.kind, wanted);
    return JSNORM_STATUS_SUCCESS;
}

inline jsnormStatus_t check_layer(const NormConfig &config) {
    return check_kind(config, config.kind == JSNORM_LAYER_NORM, "layer norms");
}

inline jsnormStatus_t check_group(const NormConfig &config) {
    return check_kind(config, config.kind == JSNORM_GROUP_NORM, "group norms");
}

inline jsnormStatus_t check_batch(const NormConfig &config) {
    return check_kind(config, is_batch_kind(config.kind), "batch norms");
}

}  // namespace jsnorm
