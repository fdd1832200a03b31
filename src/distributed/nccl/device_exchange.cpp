// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/nccl/device_exchange.hpp"

#include "src/distributed/error.hpp"

namespace jsnorm::distributed {

namespace {

Exchange exchange_of(std::optional<Exchange> given, int64_t ranks, int64_t channels) {
    if (channels == 0) return Exchange::kGather;  // no slice would tell the count
    return given ? *given : choose_direct_exchange(ranks, channels);
}

size_t bytes_of(int64_t words) {
    return static_cast<size_t>(words * kWordBytes);
}

jsnormStatus_t all_gather(const DeviceOperation &operation, const NcclPlan &plan, const void *sent,
                          void *received, int64_t words) {
    return of_nccl("ncclAllGather", ncclAllGather(sent, received, static_cast<size_t>(words),
                                                  ncclInt64, plan.comm, operation.on.stream));
}

// Message r of `sent` to rank r, message r of `received` from rank r. The group is ended whatever
// happened in it, else the thread's next call of NCCL would be part of it.
jsnormStatus_t send_messages(const DeviceOperation &operation, const NcclPlan &plan) {
    const ExchangeShape &shape = operation.shape;
    const int64_t slot = slot_of(shape);
    const int64_t mine = message_words(slice_of(plan.rank, shape.ranks, shape.channels));
    JSNORM_DISTRIBUTED_TRY(of_nccl("ncclGroupStart", ncclGroupStart()));
    const jsnormStatus_t status = [&]() -> jsnormStatus_t {
        for (int64_t r = 0; r < shape.ranks; ++r) {
            const int64_t theirs = message_words(slice_of(r, shape.ranks, shape.channels));
            const int peer = static_cast<int>(r);
            if (theirs > 0) {
                JSNORM_DISTRIBUTED_TRY(of_nccl(
                    "ncclSend",
                    ncclSend(operation.workspace.sent + r * slot, static_cast<size_t>(theirs),
                             ncclInt64, peer, plan.comm, operation.on.stream)));
            }
            if (mine > 0) {
                JSNORM_DISTRIBUTED_TRY(of_nccl(
                    "ncclRecv",
                    ncclRecv(operation.workspace.received + r * slot, static_cast<size_t>(mine),
                             ncclInt64, peer, plan.comm, operation.on.stream)));
            }
        }
        return JSNORM_STATUS_SUCCESS;
    }();
    const ncclResult_t ended = ncclGroupEnd();
    return status != JSNORM_STATUS_SUCCESS ? status : of_nccl("ncclGroupEnd", ended);
}

}  // namespace

jsnormStatus_t plan_operation(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                              jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation,
                              const NcclPlan &plan, std::optional<Exchange> exchange, void *memory,
                              DeviceOperation &planned) {
    JSNORM_DISTRIBUTED_TRY(read_planned_problem(handle, norm, x_desc, plan, planned.problem));
    JSNORM_DISTRIBUTED_TRY(stream_of(handle, plan, planned.on));
    const int64_t channels = planned.problem.channels;
    JSNORM_DISTRIBUTED_TRY(exchange_shape(
        planned.problem, plan.ranks, exchange_of(exchange, plan.ranks, channels), planned.shape));
    PhaseSizes sizes;
    JSNORM_DISTRIBUTED_TRY(phase_sizes(handle, norm, x_desc, operation, sizes));
    const bool gather = planned.shape.exchange == Exchange::kGather;
    const int64_t slots = plan.ranks * slot_of(planned.shape);
    Carver carver(memory);
    carve_phase_memory(sizes, channels, carver, planned.workspace);
    planned.workspace.sent = carver.take<double>(gather ? 0 : bytes_of(slots));
    planned.workspace.received =
        carver.take<double>(bytes_of(gather ? plan.ranks * record_words(channels) : slots));
    planned.workspace.bytes = carver.bytes();
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t exchange_records(const DeviceOperation &operation, const NcclPlan &plan,
                                Payload payload) {
    const ExchangeShape &shape = operation.shape;
    const DeviceWorkspace &workspace = operation.workspace;
    const MergedRecord merged = {workspace.merged, workspace.total_count};
    if (shape.exchange == Exchange::kGather) {
        JSNORM_DISTRIBUTED_TRY(all_gather(operation, plan, workspace.record, workspace.received,
                                          record_words(shape.channels)));
        return merge_records(operation.on, shape, payload, workspace.received, merged);
    }
    JSNORM_DISTRIBUTED_TRY(cut_record(operation.on, shape, workspace.record, workspace.sent));
    JSNORM_DISTRIBUTED_TRY(send_messages(operation, plan));
    // What was sent has left when the merge begins, so that there is room for the merged slice.
    JSNORM_DISTRIBUTED_TRY(merge_messages(operation.on, shape, payload, plan.rank,
                                          workspace.received, workspace.sent));
    JSNORM_DISTRIBUTED_TRY(
        all_gather(operation, plan, workspace.sent, workspace.received, slot_of(shape)));
    return place_slices(operation.on, shape, payload, workspace.received, merged);
}

}  // namespace jsnorm::distributed
