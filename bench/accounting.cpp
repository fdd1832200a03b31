// SPDX-License-Identifier: Apache-2.0
#include "bench/accounting.hpp"

#include "bench/jsnorm_objects.hpp"

namespace jsnorm::bench {

Bytes bytes_of(const Case &which, int threads) {
    uint32_t tensors = 0;
    if (which.fusion == Fusion::kAddRelu) {
        tensors = JSNORM_TRAFFIC_RESIDUAL;
        if (which.direction != Direction::kInference) tensors |= JSNORM_TRAFFIC_MASK;
    }
    const JsnormObjects shrunk(which, JSNORM_ESTIMATOR_JAMES_STEIN, threads);
    const JsnormObjects none(which, JSNORM_ESTIMATOR_NONE, threads);
    const auto traffic = shrunk.traffic(which.operation(), tensors);
    const auto plain = none.traffic(which.operation(), tensors);
    // Where no estimator couples rows the library takes them apart, which changes the order of a
    // layer norm's passes even where its bytes stay the same.
    const bool batch_or_uncoupled = which.shape.layer == Layer::kBatch || !which.coupled();
    return {static_cast<double>(traffic.least_tensor_bytes),
            static_cast<double>(traffic.planned_tensor_bytes),
            2.0 * static_cast<double>(which.tensor_bytes()),
            batch_or_uncoupled && traffic.planned_tensor_bytes == plain.planned_tensor_bytes};
}

}  // namespace jsnorm::bench
