// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/workspace.hpp"

#include <algorithm>
#include <initializer_list>
#include <limits>

#include "src/distributed/error.hpp"

namespace jsnorm::distributed {

namespace {

using ll = long long;  // for printf

constexpr size_t kAlignment = 64;

size_t aligned(size_t bytes) {
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// Hands out arrays one after another, or counts their bytes where there is no memory.
class Carver {
  public:
    explicit Carver(void *memory) {
        if (memory == nullptr) return;
        const auto address = reinterpret_cast<uintptr_t>(memory);
        begin_ = static_cast<std::byte *>(memory) + (aligned(address) - address);
    }

    template <class T>
    T *take(size_t bytes) {
        T *array =
            begin_ == nullptr ? nullptr : static_cast<T *>(static_cast<void *>(begin_ + used_));
        used_ += aligned(bytes);
        return array;
    }

    // With room to begin anywhere.
    size_t bytes() const { return used_ + kAlignment; }

  private:
    std::byte *begin_ = nullptr;
    size_t used_ = 0;
};

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

jsnormStatus_t lay_out_workspace(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                 jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                                 const ExchangeShape &shape, void *memory, Workspace &workspace) {
    const bool backward = operation == JSNORM_BACKWARD;
    size_t forward_bytes = 0, backward_bytes = 0, core_bytes = 0;
    JSNORM_DISTRIBUTED_CORE(jsnormGetForwardCoefficientSize(norm, x_desc, &forward_bytes));
    JSNORM_DISTRIBUTED_CORE(jsnormGetBackwardCoefficientSize(norm, x_desc, &backward_bytes));
    // The fused operation among them: its checks see the caller's workspace first.
    JSNORM_DISTRIBUTED_TRY(
        most_workspace(handle, norm, x_desc, {operation, JSNORM_FORWARD_FINALIZE}, core_bytes));
    if (backward) {
        JSNORM_DISTRIBUTED_TRY(most_workspace(
            handle, norm, x_desc,
            {JSNORM_BACKWARD_REDUCE, JSNORM_BACKWARD_FINALIZE, JSNORM_BACKWARD_APPLY}, core_bytes));
    } else {
        JSNORM_DISTRIBUTED_TRY(most_workspace(
            handle, norm, x_desc, {JSNORM_FORWARD_STATISTICS, JSNORM_FORWARD_APPLY}, core_bytes));
    }

    const auto words = [](int64_t count) { return static_cast<size_t>(count * kWordBytes); };
    const size_t segment_bytes = static_cast<size_t>(shape.ranks) * sizeof(int32_t);
    Carver carver(memory);
    workspace.record = carver.take<void>(words(record_words(shape.channels)));
    workspace.merged = carver.take<void>(words(record_words(shape.channels)));
    workspace.exchange.sent = carver.take<double>(words(sent_words(shape)));
    workspace.exchange.received = carver.take<double>(words(received_words(shape)));
    for (Segments *segments :
         {&workspace.exchange.sent_segments, &workspace.exchange.received_segments}) {
        segments->counts = carver.take<int32_t>(segment_bytes);
        segments->offsets = carver.take<int32_t>(segment_bytes);
    }
    workspace.total_count = carver.take<int64_t>(sizeof(int64_t));
    workspace.forward_coefficients = carver.take<void>(forward_bytes);
    if (backward) workspace.backward_coefficients = carver.take<void>(backward_bytes);
    workspace.core = carver.take<void>(core_bytes);
    workspace.core_bytes = core_bytes;
    workspace.bytes = carver.bytes();
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace jsnorm::distributed
