// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/workspace.hpp"

#include <algorithm>
#include <initializer_list>
#include <limits>

#include "src/distributed/carver.hpp"
#include "src/distributed/error.hpp"

namespace jsnorm::distributed {

namespace {

using ll = long long;  // for printf

jsnormStatus_t most_workspace(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              jsnormTensorDescriptor_t x_desc,
                              std::initializer_list<jsnormOperation_t> operations, size_t &most) {
    for (const jsnormOperation_t operation : operations) {
        size_t bytes = 0;
        JSNORM_DISTRIBUTED_CORE(jsnormGetWorkspaceSize(handle, norm, x_desc, operation, &bytes));
        most = std::max(most, bytes);
    }
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace

jsnormStatus_t exchange_shape(const LocalProblem &problem, int64_t ranks, Exchange exchange,
                              ExchangeShape &shape) {
    shape = {exchange, ranks, problem.channels};
    // In doubles, which do not overflow.
    const double words =
        exchange == Exchange::kGather
            ? static_cast<double>(ranks) * static_cast<double>(record_words(problem.channels))
            : static_cast<double>(sent_words(shape)) + static_cast<double>(received_words(shape));
    JSNORM_DISTRIBUTED_REQUIRE(
        words <= std::numeric_limits<int32_t>::max(), JSNORM_STATUS_NOT_SUPPORTED_SHAPE,
        "K = %lld on %lld ranks: a message would have more than 2^31-1 words", ll{problem.channels},
        ll{ranks});
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t phase_sizes(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                           jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                           PhaseSizes &sizes) {
    const bool backward = operation == JSNORM_BACKWARD;
    sizes = {};
    size_t backward_bytes = 0;
    JSNORM_DISTRIBUTED_CORE(
        jsnormGetForwardCoefficientSize(norm, x_desc, &sizes.forward_coefficients));
    JSNORM_DISTRIBUTED_CORE(jsnormGetBackwardCoefficientSize(norm, x_desc, &backward_bytes));
    // The fused operation among them: its checks see the caller's workspace first.
    JSNORM_DISTRIBUTED_TRY(
        most_workspace(handle, norm, x_desc, {operation, JSNORM_FORWARD_FINALIZE}, sizes.core));
    if (backward) {
        JSNORM_DISTRIBUTED_TRY(most_workspace(
            handle, norm, x_desc,
            {JSNORM_BACKWARD_REDUCE, JSNORM_BACKWARD_FINALIZE, JSNORM_BACKWARD_APPLY}, sizes.core));
    } else {
        JSNORM_DISTRIBUTED_TRY(most_workspace(
            handle, norm, x_desc, {JSNORM_FORWARD_STATISTICS, JSNORM_FORWARD_APPLY}, sizes.core));
    }
    if (backward) sizes.backward_coefficients = backward_bytes;
    return JSNORM_STATUS_SUCCESS;
}

void carve_phase_memory(const PhaseSizes &sizes, int64_t channels, Carver &carver,
                        PhaseMemory &memory) {
    const size_t record_bytes = static_cast<size_t>(record_words(channels) * kWordBytes);
    memory.record = carver.take<void>(record_bytes);
    memory.merged = carver.take<void>(record_bytes);
    memory.total_count = carver.take<int64_t>(sizeof(int64_t));
    memory.forward_coefficients = carver.take<void>(sizes.forward_coefficients);
    if (sizes.backward_coefficients > 0) {
        memory.backward_coefficients = carver.take<void>(sizes.backward_coefficients);
    }
    memory.core = carver.take<void>(sizes.core);
    memory.core_bytes = sizes.core;
}

jsnormStatus_t lay_out_workspace(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                 jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                                 const ExchangeShape &shape, void *memory, Workspace &workspace) {
    PhaseSizes sizes;
    JSNORM_DISTRIBUTED_TRY(phase_sizes(handle, norm, x_desc, operation, sizes));
    const auto words = [](int64_t count) { return static_cast<size_t>(count * kWordBytes); };
    const size_t segment_bytes = static_cast<size_t>(shape.ranks) * sizeof(int32_t);
    Carver carver(memory);
    carve_phase_memory(sizes, shape.channels, carver, workspace);
    workspace.exchange.sent = carver.take<double>(words(sent_words(shape)));
    workspace.exchange.received = carver.take<double>(words(received_words(shape)));
    for (Segments *segments :
         {&workspace.exchange.sent_segments, &workspace.exchange.received_segments}) {
        segments->counts = carver.take<int32_t>(segment_bytes);
        segments->offsets = carver.take<int32_t>(segment_bytes);
    }
    workspace.bytes = carver.bytes();
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace jsnorm::distributed
