// SPDX-License-Identifier: Apache-2.0
#include "bench/tensors.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>

#include "bench/values.hpp"

namespace jsnorm::bench {

namespace {

constexpr int kSteps = 256;  // x is a multiple of 1/32 of at most 4: exact in every type

// A well-mixed number from a place (splitmix64).
uint64_t mix(uint64_t place) {
    place += 0x9E3779B97F4A7C15u;
    place = (place ^ (place >> 30)) * 0xBF58476D1CE4E5B9u;
    place = (place ^ (place >> 27)) * 0x94D049BB133111EBu;
    return place ^ (place >> 31);
}

// What index/32 is in type T, for index in [-kSteps, kSteps].
template <typename T>
struct Exact {
    T values[2 * kSteps + 1];
    explicit Exact(jsnormDataType_t type) {
        for (int i = -kSteps; i <= kSteps; ++i) test::store(type, &values[i + kSteps], i / 32.0);
    }
    T operator()(int index) const { return values[index + kSteps]; }
};

// uniform in [-2, 2], with a mean that differs from statistic to statistic so that there is
// something to shrink.
template <typename T>
void fill(const Case &which, std::byte *where, uint64_t seed, bool offset_means) {
    const Exact<T> exact(which.type);
    const View view = which.view();
    T *to = reinterpret_cast<T *>(where);
    const int64_t rows = view.outer * view.statistics;
#pragma omp parallel for schedule(static)
    for (int64_t row = 0; row < rows; ++row) {
        const int offset = offset_means ? static_cast<int>(row % view.statistics % 5) * 8 : 0;
        for (int64_t i = row * view.inner; i < (row + 1) * view.inner; ++i) {
            const auto noise =
                static_cast<int>(mix(static_cast<uint64_t>(i) + (seed << 48)) % 129) - 64;
            to[i] = exact(noise + offset);
        }
    }
}

}  // namespace

HostMemory::HostMemory(size_t bytes) : bytes_(bytes) {
    void *pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<std::byte *>(pages);
}

HostMemory::~HostMemory() {
    munmap(data_, bytes_);
}

std::byte *Tensors::allocate(size_t bytes, size_t offset) {
    memory_.push_back(std::make_unique<HostMemory>(bytes + 64));
    return memory_.back()->data() + offset;
}

Tensors::Tensors(const Case &which, const Rotation &rotation)
    : rotation_(rotation), tensor_bytes_(static_cast<size_t>(which.tensor_bytes())) {
    const View view = which.view();
    const bool backward = which.direction == Direction::kBackward;
    const bool fused = which.fusion == Fusion::kAddRelu;
    const auto parameters = static_cast<size_t>(view.parameters(which.shape.layer));
    const auto statistics = static_cast<size_t>(view.statistics);
    gamma.resize(parameters);
    beta.resize(parameters);
    for (size_t i = 0; i < parameters; ++i) {
        gamma[i] = 0.75f + 0.25f * static_cast<float>(i % 4);
        beta[i] = 0.125f * static_cast<float>(i % 7) - 0.375f;
    }
    dgamma.resize(parameters);
    dbeta.resize(parameters);
    running_mean.resize(statistics);
    running_variance.resize(statistics);
    for (size_t k = 0; k < statistics; ++k) {
        running_mean[k] = 0.25f * static_cast<float>(k % 5);
        running_variance[k] = 1.0f + 0.125f * static_cast<float>(k % 3);
    }
    saved_mean.resize(statistics);
    saved_variance.resize(statistics);

    const size_t offset = static_cast<size_t>(which.shape.misalignment * which.element_bytes());
    const size_t mask_bytes = static_cast<size_t>((view.elements() + 31) / 32 * 4);
    for (int64_t i = 0; i < rotation.host_sets; ++i) {
        TensorSet set{};
        set.x = allocate(tensor_bytes_, offset);
        set.out = allocate(tensor_bytes_, offset);
        if (backward) set.dy = allocate(tensor_bytes_, offset);
        if (fused && backward) set.dz = allocate(tensor_bytes_, offset);
        // Backward needs z only to make the mask; inference has no mask.
        if (fused) set.z = allocate(tensor_bytes_, offset);
        if (fused && which.direction != Direction::kInference)
            set.mask = reinterpret_cast<uint32_t *>(allocate(mask_bytes, 0));
        with_type(which.type, [&](auto *type) {
            using T = std::remove_pointer_t<decltype(type)>;
            fill<T>(which, set.x, 0, true);
            if (set.z != nullptr) fill<T>(which, set.z, 1, false);
            if (set.dy != nullptr) fill<T>(which, set.dy, 2, false);
        });
        std::memset(set.out, 0, tensor_bytes_);
        if (set.dz != nullptr) std::memset(set.dz, 0, tensor_bytes_);
        sets_.push_back(set);
    }
}

int64_t tensors_touched(const Case &which) {
    const int64_t fused = which.fusion == Fusion::kAddRelu ? 1 : 0;
    return (which.direction == Direction::kBackward ? 3 : 2) + fused;
}

const char *cache_state_name(CacheState state) {
    switch (state) {
        case CacheState::kWarm:
            return "warm";
        case CacheState::kCold:
            return "cold";
        default:
            return "partly";
    }
}

}  // namespace jsnorm::bench
