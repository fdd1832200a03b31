// SPDX-License-Identifier: Apache-2.0

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>

#include <algorithm>
#include <cub/device/device_segmented_reduce.cuh>
#include <stdexcept>
#include <string>

#include "tests/gpu/segment_sums.hpp"

namespace jsnorm::test::gpu {
namespace {

// CUB has a block for each segment: long ones are cut, so that the device is busy.
constexpr int64_t kLeastSegments = 1 << 14;

void check(cudaError_t error, const char *what) {
    if (error != cudaSuccess)
        throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(error));
}

template <typename T>
class DeviceVector {
  public:
    explicit DeviceVector(size_t count) {
        check(cudaMalloc(&data_, std::max<size_t>(count * sizeof(T), 1)), "cudaMalloc");
    }
    explicit DeviceVector(const std::vector<T> &host) : DeviceVector(host.size()) {
        check(cudaMemcpy(data_, host.data(), host.size() * sizeof(T), cudaMemcpyHostToDevice),
              "upload");
    }
    ~DeviceVector() { cudaFree(data_); }
    DeviceVector(const DeviceVector &) = delete;
    DeviceVector &operator=(const DeviceVector &) = delete;
    T *get() const { return static_cast<T *>(data_); }

  private:
    void *data_ = nullptr;
};

__device__ double value_of(double x) {
    return x;
}
__device__ double value_of(float x) {
    return x;
}
__device__ double value_of(__half x) {
    return __half2float(x);
}
__device__ double value_of(__nv_bfloat16 x) {
    return __bfloat162float(x);
}

// The term at a place of the order in which the elements of an entry follow each other.
template <typename T>
struct TermAt {
    Term term;
    const T *x, *dy;
    const double *center, *scale;
    Entries statistics, entries;
    int64_t per_entry;

    __device__ double operator()(int64_t place) const {
        const int64_t entry = place / per_entry, i = place % per_entry;
        const int64_t outer = i / entries.inner;
        const int64_t e = (outer * entries.count + entry) * entries.inner + i % entries.inner;
        if (term == Term::kElement) return value_of(x[e]);
        const int64_t k = e / statistics.inner % statistics.count;
        const double deviation = value_of(x[e]) - center[k];
        if (term == Term::kSquaredDeviation) return deviation * deviation;
        return value_of(dy[e]) * deviation * scale[k];
    }
};

// Where the pieces of the entries begin; the end of one is the begin of the next, also across
// entries.
struct BeginOfPiece {
    int64_t pieces, per_entry, per_piece;

    __host__ __device__ int64_t operator()(int64_t piece) const {
        const int64_t within = piece % pieces * per_piece;
        return piece / pieces * per_entry + (within < per_entry ? within : per_entry);
    }
};

template <typename T>
std::vector<double> sums(Term term, const Operands &operands, const Entries &entries) {
    const DeviceVector<double> center(operands.center), scale(operands.scale);
    const int64_t per_entry = operands.elements / entries.count;
    const int64_t pieces =
        std::clamp<int64_t>((kLeastSegments + entries.count - 1) / entries.count, 1, per_entry);
    const TermAt<T> term_at = {term,
                               static_cast<const T *>(operands.x),
                               static_cast<const T *>(operands.dy),
                               center.get(),
                               scale.get(),
                               operands.statistics,
                               entries,
                               per_entry};
    const thrust::counting_iterator<int64_t> count(0);
    const auto terms = thrust::make_transform_iterator(count, term_at);
    const auto begins = thrust::make_transform_iterator(
        count, BeginOfPiece{pieces, per_entry, (per_entry + pieces - 1) / pieces});
    const int64_t segments = entries.count * pieces;
    const DeviceVector<double> result(static_cast<size_t>(segments));
    size_t scratch_bytes = 0;
    check(cub::DeviceSegmentedReduce::Sum(nullptr, scratch_bytes, terms, result.get(), segments,
                                          begins, begins + 1),
          "size of the scratch memory");
    const DeviceVector<char> scratch(scratch_bytes);
    check(cub::DeviceSegmentedReduce::Sum(scratch.get(), scratch_bytes, terms, result.get(),
                                          segments, begins, begins + 1),
          "DeviceSegmentedReduce");
    std::vector<double> partial(static_cast<size_t>(segments));
    check(cudaMemcpy(partial.data(), result.get(), partial.size() * sizeof(double),
                     cudaMemcpyDeviceToHost),
          "download");
    std::vector<double> whole(static_cast<size_t>(entries.count));
    for (size_t i = 0; i < partial.size(); ++i)
        whole[i / static_cast<size_t>(pieces)] += partial[i];
    return whole;
}

}  // namespace

std::vector<double> segment_sums(Term term, const Operands &operands, const Entries &entries) {
    switch (operands.type) {
        case JSNORM_DOUBLE:
            return sums<double>(term, operands, entries);
        case JSNORM_FLOAT:
            return sums<float>(term, operands, entries);
        case JSNORM_HALF:
            return sums<__half>(term, operands, entries);
        default:
            return sums<__nv_bfloat16>(term, operands, entries);
    }
}

}  // namespace jsnorm::test::gpu
