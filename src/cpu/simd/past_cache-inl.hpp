// SPDX-License-Identifier: Apache-2.0
// Stores past the caches for runs that begin anywhere. A run becomes a stream of aligned vectors:
// each vector is rotated, joined with the lanes that the one before left over, and stored whole. (A
// line that is written in part would have to be read first.)
#if defined(JSNORM_CPU_SIMD_PAST_CACHE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_PAST_CACHE_INL
#undef JSNORM_CPU_SIMD_PAST_CACHE_INL
#else
#define JSNORM_CPU_SIMD_PAST_CACHE_INL
#endif

#include "src/cpu/simd/elements-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

// Elements between p and the multiple of a vector's size at or before it.
template <class T>
HWY_INLINE int64_t elements_past_boundary(const T *p) {
    constexpr uintptr_t bytes = kWidth<Compute<T>> * sizeof(T);
    return static_cast<int64_t>(reinterpret_cast<uintptr_t>(p) % bytes / sizeof(T));
}

// Rotates lanes: lane l of the result is lane (l - distance) mod width.
template <class Acc>
class Rotation {
    using D = Tag<Acc>;
    using DI = hn::RebindToSigned<D>;
    using Indices = decltype(hn::IndicesFromVec(D(), hn::Zero(DI())));

  public:
    HWY_INLINE explicit Rotation(int64_t distance)
        : indices_(hn::IndicesFromVec(
              D(), hn::And(hn::Sub(hn::Iota(DI(), 0), hn::Set(DI(), lane(distance))),
                           hn::Set(DI(), lane(kWidth<Acc> - 1))))) {}
    HWY_INLINE Vector<Acc> apply(Vector<Acc> v) const { return hn::TableLookupLanes(v, indices_); }

  private:
    static HWY_INLINE hn::TFromD<DI> lane(int64_t i) { return static_cast<hn::TFromD<DI>>(i); }

    Indices indices_;
};

template <class T>
class PastCache {
    using Acc = Compute<T>;
    static constexpr int64_t kWhole = kWidth<Acc>;

  public:
    // The next vector goes to `run`. If the stream does not continue there, the lanes that it held
    // back are written.
    HWY_INLINE void move_to(T *run) {
        if (run == boundary_ + held_) return;
        finish();
        held_ = absent_ = elements_past_boundary(run);
        boundary_ = run - held_;
    }

    // body(i, piece, put) as in for_outputs(), for a run of n elements; move_to() came before.
    template <class Body>
    HWY_INLINE void append(int64_t n, const Body &body) {
        T *const to = boundary_;
        int64_t i = 0;
        if (held_ == 0) {  // aligned: nothing to rotate
            const auto put = [&](T *, Vector<Acc> v) JSNORM_INLINE_BODY { stream(v, to + i); };
            for (; i + kWhole <= n; i += kWhole) body(i, Whole{}, put);
            boundary_ = to + i;
            if (i == n) return;
        }
        const Rotation<Acc> rotation(held_);
        const auto is_held = hn::FirstN(Tag<Acc>(), static_cast<size_t>(held_));
        Vector<Acc> held = hn::LoadU(Tag<Acc>(), lanes_);
        Vector<Acc> line;
        // line: the lanes held back, then lanes of v. The rest of v is held back in turn.
        const auto join = [&](Vector<Acc> v) JSNORM_INLINE_BODY {
            const Vector<Acc> rotated = rotation.apply(v);
            line = hn::IfThenElse(is_held, held, rotated);
            held = rotated;
        };
        const auto put = [&](T *, Vector<Acc> v) JSNORM_INLINE_BODY {
            join(v);
            write(line, to + i);
        };
        for (; i + kWhole <= n; i += kWhole) body(i, Whole{}, put);
        boundary_ = to + i;
        if (i < n) {  // the rest is held back, unless it completes a vector
            const auto put_head = [&](T *, Vector<Acc> v) JSNORM_INLINE_BODY { join(v); };
            body(i, Head{n - i}, put_head);
            held_ += n - i;
            if (held_ < kWhole) {
                held = line;
            } else {
                write(line, boundary_);
                held_ -= kWhole;
                boundary_ += kWhole;
            }
        }
        hn::StoreU(held, Tag<Acc>(), lanes_);
    }

    HWY_INLINE void finish() {
        if (held_ > absent_) store_lanes(hn::LoadU(Tag<Acc>(), lanes_), held_, boundary_);
    }

  private:
    HWY_INLINE void write(Vector<Acc> line, T *to) {
        if (absent_ == 0) return stream(line, to);
        store_lanes(line, kWhole, to);
    }

    // Stores lanes absent_ ... end - 1.
    HWY_NOINLINE void store_lanes(Vector<Acc> v, int64_t end, T *to) {
        T elements[kWhole];
        store(v, elements, Whole{});
        std::memcpy(to + absent_, elements + absent_,
                    static_cast<size_t>(end - absent_) * sizeof(T));
        absent_ = 0;
    }

    // The aligned vector in memory that is stored next. The next values do not fill its first held_
    // lanes: absent_ of them lie before the stream and are never stored, the rest is in lanes_.
    T *boundary_ = nullptr;
    int64_t held_ = 0;
    int64_t absent_ = 0;
    Acc lanes_[kWhole] = {};
};

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
