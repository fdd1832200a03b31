// SPDX-License-Identifier: Apache-2.0
// The norm that a CUDA programmer writes in an afternoon: sums of x and x^2 by
// cub::DeviceSegmentedReduce, a transform of them to a scale and a shift, a transform of x to y.
// Plain forward passes alone.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>

#include <algorithm>
#include <cub/device/device_segmented_reduce.cuh>
#include <cub/device/device_transform.cuh>

#include "bench/contestants.hpp"
#include "bench/cuda/device_contestant.hpp"

namespace jsnorm::bench {

namespace {

constexpr float kEpsilon = 1e-5f;
constexpr int kSegments = 4096;  // that keep the device busy; a segment is a block of CUB

struct Moments {
    float sum, squares;
};
struct Add {
    __device__ Moments operator()(Moments a, Moments b) const {
        return {a.sum + b.sum, a.squares + b.squares};
    }
};

// x[outer][statistics][inner]; gamma and beta go with the statistic, or with the inner index.
struct Axes {
    int statistics, inner;
    bool by_inner;
};
struct Line {
    float scale, shift;
};

template <typename T>
struct MomentsOf {
    const T *x;
    __device__ Moments operator()(int e) const {
        const auto value = static_cast<float>(x[e]);
        return {value, value * value};
    }
};
// The columns of a matrix [rows][columns], one after another.
template <typename Inner>
struct ByColumns {
    Inner inner;
    int rows, columns;
    __device__ Moments operator()(int place) const {
        return inner(place % rows * columns + place / rows);
    }
};
struct Stored {
    const Moments *moments;
    __device__ Moments operator()(int i) const { return moments[i]; }
};
// Segments of equal length, each cut into pieces.
struct BeginOfPiece {
    int pieces, length, piece_length;
    __host__ __device__ int operator()(int piece) const {
        const int within = piece % pieces * piece_length;
        return piece / pieces * length + (within < length ? within : length);
    }
};
struct LineOf {
    float count;
    __device__ Line operator()(Moments moments) const {
        const float mean = moments.sum / count;
        const float rstd = rsqrtf(fmaxf(moments.squares / count - mean * mean, 0) + kEpsilon);
        return {rstd, -mean * rstd};
    }
};
template <typename T>
struct Normalize {
    const Line *lines;
    const float *gamma, *beta;
    Axes axes;
    __device__ T operator()(T x, int e) const {
        const int k = e / axes.inner % axes.statistics;
        const int p = axes.by_inner ? e % axes.inner : k;
        const Line line = lines[k];
        return static_cast<T>(gamma[p] * (static_cast<float>(x) * line.scale + line.shift) +
                              beta[p]);
    }
};

template <typename T>
class Cub : public DeviceContestant {
  public:
    Cub(const Case &which, Tensors &tensors)
        : DeviceContestant(which, tensors),
          view_(which.view()),
          elements_(static_cast<int>(view_.elements())),
          axes_{static_cast<int>(view_.statistics), static_cast<int>(view_.inner),
                which.shape.layer == Layer::kLayer},
          outer_(static_cast<int>(view_.outer)),
          pieces_(std::clamp((kSegments + axes_.statistics - 1) / axes_.statistics, 1, outer_)),
          partial_(sizeof(Moments) * partial_count()),
          moments_(sizeof(Moments) * static_cast<size_t>(axes_.statistics)),
          lines_(sizeof(Line) * static_cast<size_t>(axes_.statistics)),
          scratch_(scratch_bytes()) {}

  private:
    void enqueue(const TensorSet &set) override {
        size_t bytes = scratch_.bytes();
        statistics(scratch_.as(), bytes, reinterpret_cast<const T *>(set.x));
        const auto count = static_cast<float>(elements_) / static_cast<float>(axes_.statistics);
        check(cub::DeviceTransform::Transform(moments_.as<Moments>(), lines_.as<Line>(),
                                              axes_.statistics, LineOf{count}, device().stream()),
              "DeviceTransform");
        const Vectors &vectors = device().vectors();
        check(cub::DeviceTransform::Transform(
                  cuda::std::make_tuple(reinterpret_cast<const T *>(set.x),
                                        thrust::counting_iterator<int>(0)),
                  reinterpret_cast<T *>(set.out), elements_,
                  Normalize<T>{lines_.as<Line>(), vectors.gamma, vectors.beta, axes_},
                  device().stream()),
              "DeviceTransform");
    }

    // With rows in memory a row is a segment; rows of one statistic are then added up. Columns are
    // cut into pieces, because there are few.
    void statistics(void *scratch, size_t &bytes, const T *x) {
        const MomentsOf<T> source{x};
        const int k = axes_.statistics;
        if (axes_.inner == 1) {
            reduce(scratch, bytes, ByColumns<MomentsOf<T>>{source, outer_, k}, k, outer_, pieces_,
                   partial_);
            reduce(scratch, bytes, Stored{partial_.as<Moments>()}, k, pieces_, 1, moments_);
        } else if (outer_ == 1) {
            reduce(scratch, bytes, source, k, axes_.inner, 1, moments_);
        } else {
            reduce(scratch, bytes, source, outer_ * k, axes_.inner, 1, partial_);
            reduce(scratch, bytes, ByColumns<Stored>{{partial_.as<Moments>()}, outer_, k}, k,
                   outer_, 1, moments_);
        }
    }

    // Without scratch memory it only asks, and raises `bytes` to what is needed.
    template <typename Source>
    void reduce(void *scratch, size_t &bytes, const Source &source, int segments, int length,
                int pieces, const DeviceMemory &to) {
        const thrust::counting_iterator<int> count(0);
        const auto begins = thrust::make_transform_iterator(
            count, BeginOfPiece{pieces, length, (length + pieces - 1) / pieces});
        size_t needed = bytes;
        check(cub::DeviceSegmentedReduce::Reduce(
                  scratch, needed, thrust::make_transform_iterator(count, source), to.as<Moments>(),
                  segments * pieces, begins, begins + 1, Add{}, Moments{0, 0}, device().stream()),
              "DeviceSegmentedReduce");
        bytes = std::max(bytes, needed);
    }

    size_t partial_count() const {
        const int per_statistic = axes_.inner == 1 ? pieces_ : outer_;
        return static_cast<size_t>(axes_.statistics) * static_cast<size_t>(per_statistic);
    }
    size_t scratch_bytes() {
        size_t bytes = 1;
        statistics(nullptr, bytes, nullptr);
        return bytes;
    }

    View view_;
    int elements_;
    Axes axes_;
    int outer_, pieces_;
    DeviceMemory partial_, moments_, lines_, scratch_;
};

}  // namespace

std::unique_ptr<Contestant> make_cub(const Case &which, Tensors &tensors, const Settings &) {
    if (which.direction != Direction::kForward || which.fusion != Fusion::kNone)
        throw Unavailable("written for plain forward passes alone");
    if (which.elements() > INT32_MAX) throw Unavailable("indices of 32 bits");
    switch (which.type) {
        case JSNORM_FLOAT:
            return std::make_unique<Cub<float>>(which, tensors);
        case JSNORM_HALF:
            return std::make_unique<Cub<__half>>(which, tensors);
        default:
            return std::make_unique<Cub<__nv_bfloat16>>(which, tensors);
    }
}

std::string cub_version() {
    return "CUB " + std::to_string(CUB_MAJOR_VERSION) + "." + std::to_string(CUB_MINOR_VERSION) +
           "." + std::to_string(CUB_SUBMINOR_VERSION);
}

}  // namespace jsnorm::bench
