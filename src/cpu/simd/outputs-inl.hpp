// SPDX-License-Identifier: Apache-2.0
// Loops that write a run of neighbouring elements, through the caches or past them.
#if defined(JSNORM_CPU_SIMD_OUTPUTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_OUTPUTS_INL
#undef JSNORM_CPU_SIMD_OUTPUTS_INL
#else
#define JSNORM_CPU_SIMD_OUTPUTS_INL
#endif

#include "src/cpu/kernels.hpp"
#include "src/cpu/simd/elements-inl.hpp"

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

// Elements before the next multiple of `bytes`, or of the size of a vector of elements.
template <class T>
HWY_INLINE int64_t unaligned_elements(const T *p,
                                      uintptr_t bytes = kWidth<Compute<T>> * sizeof(T)) {
    const uintptr_t over = reinterpret_cast<uintptr_t>(p) % bytes;
    return over == 0 ? 0 : static_cast<int64_t>((bytes - over) / sizeof(T));
}

// body(i, piece, put) for a run of n elements at `run`; put(p, v) writes v to p, which is as far
// from the run's beginning as i.
template <class T, class Body>
HWY_INLINE void for_outputs(const T *run, int64_t n, bool past_cache, const Body &body) {
    using Acc = Compute<T>;
    int64_t i = 0;
    if (past_cache) {
        const int64_t before = std::min(unaligned_elements(run), n);
        if (before > 0) body(int64_t{0}, Head{before}, Put<T, Head>{{before}});
        for (i = before; i + kWidth<Acc> <= n; i += kWidth<Acc>)
            body(i, Whole{}, PutPastCache<T>{});
    } else {
        for (; i + kWidth<Acc> <= n; i += kWidth<Acc>) body(i, Whole{}, Put<T, Whole>{});
    }
    if (i < n) body(i, Head{n - i}, Put<T, Head>{{n - i}});
}

// Where some elements of a run are written.
template <class T>
struct Output {
    T *data;  // NULL: nowhere
    bool past_cache;
};

// Elements of a run.
struct Stretch {
    int64_t first;
    int64_t length;
};

// Parameters of so many elements stay in the first-level cache from row to row.
inline constexpr int64_t kStretch = 1024;

// The output of a tile of rows. Short runs that follow each other are gathered in the first-level
// cache before they go past it: where two of them meet in a line, each would write a part of it,
// and parts have the line read first.
template <class T>
class RowOutputs {
  public:
    RowOutputs(const Tile &tile, const Runs<T> &runs, bool past_cache)
        : runs_(runs), length_(tile.length), elements_(tile.inner * tile.length) {
        constexpr int64_t line = 64 / sizeof(T);
        const bool parts = length_ % line != 0 || reinterpret_cast<uintptr_t>(runs.data) % 64 != 0;
        gathered_ = past_cache && runs.data != nullptr && parts && tile.inner > 1 &&
                    runs.inner == length_ && length_ < kStretch && elements_ <= kRoom;
        past_cache_ = past_cache && !gathered_;
    }
    RowOutputs(const RowOutputs &) = delete;

    HWY_INLINE Output<T> at(int64_t o, int64_t c, int64_t element) {
        if (gathered_) return {room_ + c * length_ + element, false};
        return {runs_.data != nullptr ? runs_.at(o, c) + element : nullptr, past_cache_};
    }
    // After the inner runs of o.
    HWY_INLINE void finish(int64_t o) {
        if (gathered_) copy_past_cache(room_, runs_.at(o, 0), elements_);
    }

  private:
    static constexpr int64_t kRoom = 4096;

    static void copy_past_cache(const T *from, T *to, int64_t n) {
        using Word = hwy::UnsignedFromSize<sizeof(T)>;
        const hn::ScalableTag<Word> d;
        constexpr auto width = static_cast<int64_t>(HWY_LANES(Word));
        const auto copy = [&](int64_t first, int64_t end) {
            std::memcpy(to + first, from + first, static_cast<size_t>(end - first) * sizeof(T));
        };
        int64_t i = std::min(unaligned_elements(to, width * sizeof(T)), n);
        copy(0, i);
        for (; i + width <= n; i += width) {
            hn::Stream(hn::LoadU(d, reinterpret_cast<const Word *>(from + i)), d,
                       reinterpret_cast<Word *>(to + i));
        }
        copy(i, n);
    }

    Runs<T> runs_;
    int64_t length_;
    int64_t elements_;
    bool gathered_;
    bool past_cache_;
    alignas(64) T room_[kRoom];
};

// body(o, c, stretch) for the runs of a tile: run by run or, where rows share parameters of
// elements, all rows stretch by stretch. after(o): when all inner runs of o are done.
template <class Body, class After>
HWY_INLINE void for_stretches(const Tile &tile, bool parameter_per_element, const Body &body,
                              const After &after) {
    const int64_t step = parameter_per_element ? kStretch : std::max<int64_t>(tile.length, 1);
    for (int64_t first = 0; first < tile.length; first += step) {
        const Stretch of{first, std::min(step, tile.length - first)};
        for (int64_t o = 0; o < tile.outer; ++o) {
            for (int64_t c = 0; c < tile.inner; ++c) body(o, c, of);
            after(o);
        }
    }
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
