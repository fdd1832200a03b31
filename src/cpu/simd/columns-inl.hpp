// SPDX-License-Identifier: Apache-2.0
// Loops over runs of neighbouring columns, several runs side by side: coefficients of columns are
// loaded once for all of them.
#if defined(JSNORM_CPU_SIMD_COLUMNS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_COLUMNS_INL
#undef JSNORM_CPU_SIMD_COLUMNS_INL
#else
#define JSNORM_CPU_SIMD_COLUMNS_INL
#endif

#include "src/cpu/cut.hpp"
#include "src/cpu/kernels.hpp"
#include "src/cpu/simd/outputs-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

inline constexpr int64_t kRunsAtOnce = 4;

// Prefetches later runs while kRunsAtOnce runs are computed side by side; called for the vector of
// the i-th run at column c. Packed runs are prefetched in the order of memory, which processors
// follow best, 4096 bytes ahead and at least the next runs. Others are prefetched run by run.
template <class T>
HWY_INLINE void prefetch_runs(const Runs<const T> &x, int64_t length, int64_t next, int64_t c,
                              int64_t i) {
    constexpr int64_t ahead = 4096 / sizeof(T);
    const int64_t beyond = std::max<int64_t>(0, ahead - kRunsAtOnce * length);
    const bool packed = x.outer == length;
    hwy::Prefetch(packed ? x.at(next, 0) + beyond + kRunsAtOnce * c + i * kWidth<Compute<T>>
                         : x.at(next + i, 0) + c);
}

// body(c, piece, first, count): a vector of columns at c, for `count` runs from run `first` on.
// count is a compile-time constant except for the last runs.
template <class T, class Body>
HWY_INLINE void for_columns(int64_t runs, int64_t length, const Body &body) {
    int64_t first = 0;
    for (; first + kRunsAtOnce <= runs; first += kRunsAtOnce) {
        for_vectors<Compute<T>>(length, [&](int64_t c, auto piece) HWY_ATTR {
            body(c, piece, first, std::integral_constant<int64_t, kRunsAtOnce>());
        });
    }
    if (first == runs) return;
    for_vectors<Compute<T>>(
        length, [&](int64_t c, auto piece) HWY_ATTR { body(c, piece, first, runs - first); });
}

// The same for kernels that write the runs of `to`: body(c, piece, put, first, count). Returns
// false, and does nothing, where the caller should go run by run: the runs bypass the caches and
// are not all aligned; or they are wide and not near, since processors follow long runs better one
// by one; or they are wide and a multiple of 1024 bytes apart, since they would share few sets of a
// first-level cache.
template <class T, class Body>
HWY_INLINE bool for_output_columns(const Tile &tile, const Runs<T> &to, bool past_cache, bool near,
                                   const Body &body) {
    constexpr int64_t width = kWidth<Compute<T>>;
    const bool same_sets = to.outer * static_cast<int64_t>(sizeof(T)) % 1024 == 0;
    if (tile.length > kFoldedWidth && (!near || same_sets)) return false;
    if (!past_cache) {
        for_columns<T>(tile.outer, tile.length,
                       [&](int64_t c, auto piece, int64_t first, auto count) HWY_ATTR {
                           body(c, piece, Put<T, decltype(piece)>{piece}, first, count);
                       });
        return true;
    }
    if (elements_past_boundary(to.data) != 0 || to.outer % width != 0) return false;
    for_columns<T>(tile.outer, tile.length,
                   [&](int64_t c, auto piece, int64_t first, auto count) HWY_ATTR {
                       if constexpr (std::is_same_v<decltype(piece), Whole>) {
                           body(c, piece, PutPastCache<T>{}, first, count);
                       } else {
                           body(c, piece, Put<T, Head>{piece}, first, count);
                       }
                   });
    return true;
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
