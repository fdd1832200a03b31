// SPDX-License-Identifier: Apache-2.0
// The ceiling, twice: x to y by the driver's copy, and by a kernel of 16-byte accesses.
#include "bench/contestants.hpp"
#include "bench/cuda/device_contestant.hpp"

namespace jsnorm::bench {

namespace {

constexpr int kThreads = 256;
constexpr int kVectorsPerThread = 4;

__global__ void __launch_bounds__(kThreads)
    copy_vectors(const uint4 *from, uint4 *to, size_t count) {
    const size_t begin = size_t{blockIdx.x} * kThreads * kVectorsPerThread + threadIdx.x;
    uint4 held[kVectorsPerThread];
#pragma unroll
    for (int i = 0; i < kVectorsPerThread; ++i)
        if (begin + i * kThreads < count) held[i] = __ldcs(from + begin + i * kThreads);
#pragma unroll
    for (int i = 0; i < kVectorsPerThread; ++i)
        if (begin + i * kThreads < count) __stcs(to + begin + i * kThreads, held[i]);
}

class Copy : public DeviceContestant {
  public:
    using DeviceContestant::DeviceContestant;

  private:
    void enqueue(const TensorSet &set) override {
        check(cudaMemcpyAsync(set.out, set.x, device().tensor_bytes(), cudaMemcpyDeviceToDevice,
                              device().stream()),
              "cudaMemcpyAsync");
    }
};

class CopyKernel : public DeviceContestant {
  public:
    CopyKernel(const Case &which, Tensors &tensors)
        : DeviceContestant(which, tensors), vectors_(tensors.tensor_bytes() / sizeof(uint4)) {
        if (tensors.tensor_bytes() % sizeof(uint4) != 0 || which.shape.misalignment != 0)
            throw Unavailable("copies whole vectors of 16 bytes alone");
    }

  private:
    void enqueue(const TensorSet &set) override {
        constexpr size_t kPerBlock = size_t{kThreads} * kVectorsPerThread;
        const auto blocks = static_cast<unsigned>((vectors_ + kPerBlock - 1) / kPerBlock);
        copy_vectors<<<blocks, kThreads, 0, device().stream()>>>(
            reinterpret_cast<const uint4 *>(set.x), reinterpret_cast<uint4 *>(set.out), vectors_);
        check(cudaPeekAtLastError(), "copy_vectors");
    }

    size_t vectors_;
};

}  // namespace

std::unique_ptr<Contestant> make_copy(const Case &which, Tensors &tensors, const Settings &) {
    return std::make_unique<Copy>(which, tensors);
}

std::unique_ptr<Contestant> make_copy_kernel(const Case &which, Tensors &tensors,
                                             const Settings &) {
    return std::make_unique<CopyKernel>(which, tensors);
}

}  // namespace jsnorm::bench
