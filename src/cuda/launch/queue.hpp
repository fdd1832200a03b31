// SPDX-License-Identifier: Apache-2.0
// The kernels of one operation, enqueued on the handle's stream. After a failure nothing more is
// enqueued, and status() says what it was.
#pragma once

#include <algorithm>

#include "src/core/objects.hpp"
#include "src/cuda/launch/launch.hpp"

namespace jsnorm::cuda {

// Makes the handle's device the current one while it lives.
class CurrentDevice {
  public:
    explicit CurrentDevice(int ordinal);
    ~CurrentDevice();
    CurrentDevice(const CurrentDevice &) = delete;
    CurrentDevice &operator=(const CurrentDevice &) = delete;
    const Error &error() const { return error_; }

  private:
    int previous_ = -1;
    bool changed_ = false;
    Error error_;
};

// The failure of a runtime call as a status with a message; `what` is what was attempted.
jsnormStatus_t status_of(const Error &error, const char *what, const DeviceSpec &device);

class Queue {
  public:
    explicit Queue(const jsnormHandleStruct &handle)
        : handle_(handle), device_(handle.device.ordinal), error_(device_.error()) {}

    // blocks: units of work; a kernel walks over all of them with however many blocks there are.
    template <class Args>
    void launch(const char *name, void (*kernel)(Args), int64_t blocks, int threads,
                size_t shared_bytes, const Args &args) {
        constexpr int kNoCluster = 1;
        enqueue(name, kernel, std::min(blocks, most_blocks(threads)), threads, shared_bytes,
                kNoCluster, args);
    }

    // The same by one cluster of so many blocks, a power of two; of one block anywhere.
    template <class Args>
    void launch_cluster(const char *name, void (*kernel)(Args), int blocks, int threads,
                        const Args &args) {
        constexpr size_t kNoSharedBytes = 0;
        while (blocks > most_blocks(threads)) blocks /= 2;
        enqueue(name, kernel, blocks, threads, kNoSharedBytes, blocks, args);
    }

    jsnormStatus_t status() const {
        return error_ ? status_of(error_, failed_at_, handle_.device) : JSNORM_STATUS_SUCCESS;
    }

  private:
    template <class Args>
    void enqueue(const char *name, void (*kernel)(Args), int64_t blocks, int threads,
                 size_t shared_bytes, int cluster, const Args &args) {
        if (error_ || blocks == 0) return;
        const LaunchShape shape = {
            name,           blocks, threads, shared_bytes, launched_ && handle_.device.major >= 9,
            handle_.stream, cluster};
        error_ = launch_kernel(shape, kernel, args);
        failed_at_ = name;
        launched_ = true;
    }

    // Where the caller plans for fewer multiprocessors: as many blocks as those hold of 1024
    // threads.
    int64_t most_blocks(int threads) const {
        if (handle_.sm_count == 0) return INT32_MAX;
        return int64_t{handle_.sm_count} * (1024 / threads);
    }

    const jsnormHandleStruct &handle_;
    CurrentDevice device_;
    Error error_;
    const char *failed_at_ = "making the handle's device current";
    bool launched_ = false;
};

}  // namespace jsnorm::cuda
