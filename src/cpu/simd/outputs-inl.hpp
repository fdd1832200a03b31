// SPDX-License-Identifier: Apache-2.0
// Loops that write a run of neighbouring elements, through the caches or past them.
#if defined(JSNORM_CPU_SIMD_OUTPUTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_OUTPUTS_INL
#undef JSNORM_CPU_SIMD_OUTPUTS_INL
#else
#define JSNORM_CPU_SIMD_OUTPUTS_INL
#endif

#include "src/cpu/kernels.hpp"
#include "src/cpu/simd/past_cache-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

template <class T, class Piece>
struct Put {
    Piece piece;
    HWY_INLINE void operator()(T *p, Vector<Compute<T>> v) const { store(v, p, piece); }
};

template <class T>
struct PutPastCache {
    HWY_INLINE void operator()(T *p, Vector<Compute<T>> v) const { stream(v, p); }
};

// Where a run is written.
template <class T>
struct Output {
    T *data;  // NULL: nowhere
    PastCache<T> *past_cache = nullptr;
};

// body(i, piece, put) for a run of n elements. body calls put(to.data + i, v), which writes v.
template <class T, class Body>
HWY_INLINE void for_outputs(Output<T> to, int64_t n, const Body &body) {
    using Acc = Compute<T>;
    if (to.past_cache != nullptr) return to.past_cache->append(n, body);
    int64_t i = 0;
    for (; i + kWidth<Acc> <= n; i += kWidth<Acc>) body(i, Whole{}, Put<T, Whole>{});
    if (i < n) body(i, Head{n - i}, Put<T, Head>{{n - i}});
}

// The output of a tile, run by run.
template <class T>
class Outputs {
  public:
    Outputs(const Runs<T> &runs, bool past_cache)
        : runs_(runs), past_cache_(past_cache && runs.data != nullptr) {}
    Outputs(const Outputs &) = delete;

    bool past_cache() const { return past_cache_; }
    HWY_INLINE Output<T> at(int64_t o, int64_t c, int64_t element = 0) {
        if (runs_.data == nullptr) return {nullptr};
        T *run = runs_.at(o, c) + element;
        if (!past_cache_) return {run};
        stream_.move_to(run);
        return {run, &stream_};
    }
    // Call this after the last run.
    HWY_INLINE void finish() { stream_.finish(); }

  private:
    Runs<T> runs_;
    bool past_cache_;
    PastCache<T> stream_;
};

// A part of a run.
struct Stretch {
    int64_t first;
    int64_t length;
};

// Elements per stretch: their parameters stay in the first-level cache from row to row.
inline constexpr int64_t kStretch = 1024;

// Rows that are computed side by side where they share parameters of elements, which are then
// loaded once. As many as have their coefficients in registers.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr int64_t kRowsAtOnce = 4;
#else
inline constexpr int64_t kRowsAtOnce = 2;
#endif

// body(o, c, count, stretch) for the runs of a tile, `count` cells from cell c on: run by run or,
// with parameters per element, stretch by stretch over all rows. count is `rows`, for the last ones
// 1.
template <int64_t rows, class Body>
HWY_INLINE void for_stretches(const Tile &tile, bool parameter_per_element, const Body &body) {
    const int64_t step = parameter_per_element ? kStretch : std::max<int64_t>(tile.length, 1);
    for (int64_t first = 0; first < tile.length; first += step) {
        const Stretch stretch{first, std::min(step, tile.length - first)};
        for (int64_t o = 0; o < tile.outer; ++o) {
            for_steps<rows>(tile.inner,
                            [&](auto count, int64_t c) HWY_ATTR { body(o, c, count, stretch); });
        }
    }
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
