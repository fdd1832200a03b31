// SPDX-License-Identifier: Apache-2.0
#include "tests/distributed/nccl_stand_in/nccl_stand_in.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>

using jsnorm::nccl_stand_in::DeviceMemory;

namespace {

struct Message {
    bool is_sent = false;
    const void *sent = nullptr;
    void *received = nullptr;
    size_t bytes = 0;
    int peer = 0;
};

// What a rank brings to a collective. Ranks that bring something else make it fail for all.
struct Brought {
    const char *what = "";
    size_t count = 0;
    const void *data = nullptr;
    std::vector<Message> messages;
};

// What the ranks share. The mutex belongs to the rank that runs.
struct Group {
    Group(int size, int ordinal, const DeviceMemory &device_memory)
        : ranks(size), device(ordinal), memory(device_memory), brought(static_cast<size_t>(size)) {}

    int ranks;
    int device;
    DeviceMemory memory;
    std::mutex mutex;
    std::condition_variable arrived;
    int waiting = 0;
    int64_t round = 0;
    bool broken = false;
    std::vector<Brought> brought;
};

}  // namespace

struct ncclComm {
    Group *group = nullptr;
    int rank = 0;
    std::unique_lock<std::mutex> turn;
    int calls = 0;
    int fails_at = -1;
    ncclResult_t failure = ncclSuccess;
    std::vector<cudaStream_t> streams;
};

namespace {

thread_local int group_depth = 0;
thread_local std::vector<Message> group_messages;
thread_local ncclComm *group_comm = nullptr;
thread_local ncclComm *own_comm = nullptr;

// Every call of a rank passes through here.
ncclResult_t begin_call(ncclComm *comm) {
    if (comm == nullptr) return ncclInvalidArgument;
    return comm->calls++ == comm->fails_at ? comm->failure : ncclSuccess;
}

// Until all ranks are here; others run meanwhile. False where a rank has ended instead.
bool meet(ncclComm *comm) {
    Group &group = *comm->group;
    const int64_t round = group.round;
    if (++group.waiting == group.ranks) {
        group.waiting = 0;
        ++group.round;
        group.arrived.notify_all();
    } else {
        group.arrived.wait(comm->turn, [&] { return group.round != round || group.broken; });
    }
    return !group.broken;
}

// Brings something, lets read() see what all brought, and nobody go before everybody has read.
template <class Read>
ncclResult_t collective(ncclComm *comm, Brought own, Read read) {
    Group &group = *comm->group;
    group.brought[static_cast<size_t>(comm->rank)] = std::move(own);
    if (!meet(comm)) return ncclRemoteError;
    const Brought &first = group.brought.front();
    ncclResult_t result = ncclSuccess;
    for (const Brought &other : group.brought) {
        if (std::strcmp(other.what, first.what) != 0 || other.count != first.count) {
            result = ncclInvalidUsage;
        }
    }
    if (result == ncclSuccess) result = read(group.brought);
    // Read by all before anything that was read may be overwritten.
    return meet(comm) ? result : ncclRemoteError;
}

std::vector<std::byte> downloaded(const Group &group, const void *device, size_t bytes) {
    std::vector<std::byte> host(bytes);
    if (bytes > 0) group.memory.download(host.data(), device, bytes);
    return host;
}

bool is_word(ncclDataType_t type) {
    return type == ncclInt64;
}

// Message number i from one rank to another is the one that is received as number i.
ncclResult_t deliver(ncclComm *comm, const std::vector<Brought> &brought) {
    std::vector<size_t> next(brought.size());
    for (const Message &wanted : brought[static_cast<size_t>(comm->rank)].messages) {
        if (wanted.is_sent) continue;
        const auto peer = static_cast<size_t>(wanted.peer);
        const std::vector<Message> &theirs = brought[peer].messages;
        size_t &i = next[peer];
        while (i < theirs.size() && !(theirs[i].is_sent && theirs[i].peer == comm->rank)) ++i;
        if (i == theirs.size() || theirs[i].bytes != wanted.bytes) return ncclInvalidUsage;
        const auto data = downloaded(*comm->group, theirs[i].sent, wanted.bytes);
        comm->group->memory.upload(wanted.received, data.data(), data.size());
        ++i;
    }
    return ncclSuccess;
}

ncclResult_t add_message(ncclComm *comm, const Message &message, ncclDataType_t type,
                         cudaStream_t stream) {
    const ncclResult_t begun = begin_call(comm);
    if (begun != ncclSuccess) return begun;
    if (group_depth == 0 || !is_word(type) || message.bytes == 0) return ncclInvalidUsage;
    if (message.peer < 0 || message.peer >= comm->group->ranks) return ncclInvalidArgument;
    group_comm = comm;
    group_messages.push_back(message);
    comm->streams.push_back(stream);
    return ncclSuccess;
}

}  // namespace

namespace jsnorm::nccl_stand_in {

void run_ranks(int ranks, int device, const DeviceMemory &memory,
               const std::function<void(ncclComm_t)> &body) {
    Group group(ranks, device, memory);
    std::exception_ptr thrown;
    std::vector<std::thread> threads;
    for (int r = 0; r < ranks; ++r) {
        threads.emplace_back([&group, &thrown, &body, r] {
            ncclComm comm;
            comm.group = &group;
            comm.rank = r;
            comm.turn = std::unique_lock(group.mutex);
            own_comm = &comm;
            try {
                body(&comm);
            } catch (...) {
                if (!group.broken) thrown = std::current_exception();
                group.broken = true;
                group.arrived.notify_all();
            }
        });
    }
    for (std::thread &thread : threads) thread.join();
    if (thrown) std::rethrow_exception(thrown);
}

void fail_call(ncclComm_t comm, int call, ncclResult_t result) {
    comm->fails_at = comm->calls + call;
    comm->failure = result;
}

const std::vector<cudaStream_t> &streams(ncclComm_t comm) {
    return comm->streams;
}

}  // namespace jsnorm::nccl_stand_in

// ---- NCCL's own names ---------------------------------------------------------------------------

const char *ncclGetErrorString(ncclResult_t result) {
    return result == ncclRemoteError ? "remote process exited" : "an error of the stand-in";
}

ncclResult_t ncclCommCount(const ncclComm_t comm, int *count) {
    *count = comm->group->ranks;
    return begin_call(comm);
}

ncclResult_t ncclCommUserRank(const ncclComm_t comm, int *rank) {
    *rank = comm->rank;
    return begin_call(comm);
}

ncclResult_t ncclCommCuDevice(const ncclComm_t comm, int *device) {
    *device = comm->group->device;
    return begin_call(comm);
}

ncclResult_t ncclAllReduce(const void *sent, void *received, size_t count, ncclDataType_t type,
                           ncclRedOp_t operation, ncclComm_t comm, cudaStream_t stream) {
    const ncclResult_t begun = begin_call(comm);
    if (begun != ncclSuccess) return begun;
    if (!is_word(type) || (operation != ncclMax && operation != ncclSum)) return ncclInvalidUsage;
    comm->streams.push_back(stream);
    std::vector<int64_t> result(count);
    const size_t bytes = count * sizeof(int64_t);
    const ncclResult_t status =
        collective(comm, {operation == ncclMax ? "maximum" : "sum", count, sent, {}},
                   [&](const std::vector<Brought> &all) {
                       for (size_t r = 0; r < all.size(); ++r) {
                           const auto data = downloaded(*comm->group, all[r].data, bytes);
                           for (size_t i = 0; i < count; ++i) {
                               int64_t value;
                               std::memcpy(&value, data.data() + i * sizeof value, sizeof value);
                               if (r == 0) {
                                   result[i] = value;
                               } else {
                                   result[i] = operation == ncclMax ? std::max(result[i], value)
                                                                    : result[i] + value;
                               }
                           }
                       }
                       return ncclSuccess;
                   });
    if (status == ncclSuccess) comm->group->memory.upload(received, result.data(), bytes);
    return status;
}

ncclResult_t ncclAllGather(const void *sent, void *received, size_t count, ncclDataType_t type,
                           ncclComm_t comm, cudaStream_t stream) {
    const ncclResult_t begun = begin_call(comm);
    if (begun != ncclSuccess) return begun;
    if (!is_word(type)) return ncclInvalidUsage;
    comm->streams.push_back(stream);
    const size_t bytes = count * sizeof(int64_t);
    return collective(comm, {"gather", count, sent, {}}, [&](const std::vector<Brought> &all) {
        for (size_t r = 0; r < all.size(); ++r) {
            const auto data = downloaded(*comm->group, all[r].data, bytes);
            comm->group->memory.upload(static_cast<std::byte *>(received) + r * bytes, data.data(),
                                       bytes);
        }
        return ncclSuccess;
    });
}

ncclResult_t ncclGroupStart() {
    const ncclResult_t begun = begin_call(own_comm);
    if (begun != ncclSuccess) return begun;
    ++group_depth;
    return ncclSuccess;
}

ncclResult_t ncclSend(const void *sent, size_t count, ncclDataType_t type, int peer,
                      ncclComm_t comm, cudaStream_t stream) {
    return add_message(comm, {true, sent, nullptr, count * sizeof(int64_t), peer}, type, stream);
}

ncclResult_t ncclRecv(void *received, size_t count, ncclDataType_t type, int peer, ncclComm_t comm,
                      cudaStream_t stream) {
    return add_message(comm, {false, nullptr, received, count * sizeof(int64_t), peer}, type,
                       stream);
}

ncclResult_t ncclGroupEnd() {
    if (group_depth == 0) return ncclInvalidUsage;
    if (--group_depth > 0) return begin_call(own_comm);  // the outermost group is what is started
    ncclComm *const comm = std::exchange(group_comm, nullptr);
    std::vector<Message> messages = std::exchange(group_messages, {});
    const ncclResult_t begun = begin_call(own_comm);
    if (begun != ncclSuccess) return begun;
    if (comm == nullptr) return ncclSuccess;
    return collective(comm, {"messages", 0, nullptr, std::move(messages)},
                      [&](const std::vector<Brought> &all) { return deliver(comm, all); });
}
