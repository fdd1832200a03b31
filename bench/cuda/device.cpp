// SPDX-License-Identifier: Apache-2.0
#include "bench/cuda/device.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "bench/contestant.hpp"

namespace jsnorm::bench {

void check(cudaError_t error, const char *what) {
    if (error == cudaSuccess) return;
    throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(error));
}

DeviceMemory::DeviceMemory(size_t bytes) : bytes_(bytes) {
    const cudaError_t error = cudaMalloc(&data_, std::max<size_t>(bytes, 1));
    if (error == cudaErrorMemoryAllocation) {
        cudaGetLastError();
        throw Unavailable("too little memory on the device");
    }
    check(error, "cudaMalloc");
}

std::byte *DeviceTensors::allocate(size_t bytes, size_t offset) {
    memory_.push_back(std::make_unique<DeviceMemory>(bytes + offset));
    return memory_.back()->as() + offset;
}

template <typename T>
T *DeviceTensors::copy_of(const std::vector<T> &host) {
    T *copy = reinterpret_cast<T *>(allocate(host.size() * sizeof(T)));
    check(cudaMemcpy(copy, host.data(), host.size() * sizeof(T), cudaMemcpyHostToDevice), "copy");
    return copy;
}

DeviceTensors::DeviceTensors(const Case &which, const Tensors &host)
    : tensor_bytes_(host.tensor_bytes()) {
    cudaStream_t stream = nullptr;
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "stream");
    stream_.reset(stream);
    const auto offset = static_cast<size_t>(which.shape.misalignment * which.element_bytes());
    const TensorSet &first = host.first();
    const auto mask_bytes = static_cast<size_t>((which.elements() + 31) / 32 * 4);
    for (int64_t i = 0; i < host.rotation().sets; ++i) {
        const auto input = [&](const std::byte *from) -> std::byte * {
            if (from == nullptr) return nullptr;
            std::byte *to = allocate(tensor_bytes_, offset);
            if (i == 0)
                check(cudaMemcpy(to, from, tensor_bytes_, cudaMemcpyHostToDevice), "upload");
            return to;
        };
        TensorSet set{};
        set.x = input(first.x);
        set.z = input(first.z);
        set.dy = input(first.dy);
        set.out = allocate(tensor_bytes_, offset);
        if (first.dz != nullptr) set.dz = allocate(tensor_bytes_, offset);
        if (first.mask != nullptr) set.mask = reinterpret_cast<uint32_t *>(allocate(mask_bytes));
        if (i > 0) {
            const std::pair<std::byte *, std::byte *> copies[] = {
                {set.x, sets_[0].x}, {set.z, sets_[0].z}, {set.dy, sets_[0].dy}};
            for (const auto &[to, from] : copies)
                if (to != nullptr)
                    check(cudaMemcpy(to, from, tensor_bytes_, cudaMemcpyDeviceToDevice), "copy");
        }
        sets_.push_back(set);
    }
    vectors_.gamma = copy_of(host.gamma);
    vectors_.beta = copy_of(host.beta);
    vectors_.dgamma = copy_of(host.dgamma);
    vectors_.dbeta = copy_of(host.dbeta);
    vectors_.running_mean = copy_of(host.running_mean);
    vectors_.running_variance = copy_of(host.running_variance);
    vectors_.saved_mean = copy_of(host.saved_mean);
    vectors_.saved_variance = copy_of(host.saved_variance);
    vectors_.mean = copy_of(host.saved_mean);
    vectors_.variance = copy_of(host.saved_variance);
    check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
}

void DeviceTensors::wipe() const {
    const TensorSet &set = sets_.front();
    check(cudaMemset(set.out, 0xFF, tensor_bytes_), "cudaMemset");
    if (set.dz != nullptr) check(cudaMemset(set.dz, 0xFF, tensor_bytes_), "cudaMemset");
    check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
}

void DeviceTensors::fetch(Tensors &host) const {
    check(cudaStreamSynchronize(stream_.get()), "cudaStreamSynchronize");
    const TensorSet &from = sets_.front(), &to = host.first();
    const auto get = [](void *there, const void *here, size_t bytes) {
        check(cudaMemcpy(there, here, bytes, cudaMemcpyDeviceToHost), "download");
    };
    get(to.out, from.out, tensor_bytes_);
    if (to.dz != nullptr) get(to.dz, from.dz, tensor_bytes_);
    get(host.dgamma.data(), vectors_.dgamma, host.dgamma.size() * sizeof(float));
    get(host.dbeta.data(), vectors_.dbeta, host.dbeta.size() * sizeof(float));
}

std::shared_ptr<DeviceTensors> device_tensors(const Case &which, const Tensors &host) {
    static std::weak_ptr<DeviceTensors> last;
    static const Tensors *of = nullptr;
    std::shared_ptr<DeviceTensors> tensors = last.lock();
    if (tensors == nullptr || of != &host) {
        tensors = std::make_shared<DeviceTensors>(which, host);
        last = tensors;
        of = &host;
    }
    return tensors;
}

namespace {

const cudaDeviceProp &properties() {
    static const cudaDeviceProp known = [] {
        cudaDeviceProp asked{};
        int ordinal = 0;
        check(cudaGetDevice(&ordinal), "cudaGetDevice");
        check(cudaGetDeviceProperties(&asked, ordinal), "cudaGetDeviceProperties");
        return asked;
    }();
    return known;
}

}  // namespace

std::string device_name() {
    return properties().name;
}

int64_t device_cache_bytes() {
    return properties().l2CacheSize;
}

}  // namespace jsnorm::bench
