// SPDX-License-Identifier: Apache-2.0
// The sums over dy and x that backward needs of a resident tile.
#if defined(JSNORM_CPU_SIMD_GRADIENT_SUMS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_GRADIENT_SUMS_INL
#undef JSNORM_CPU_SIMD_GRADIENT_SUMS_INL
#else
#define JSNORM_CPU_SIMD_GRADIENT_SUMS_INL
#endif

#include "src/cpu/simd/moments-inl.hpp"
#include "src/cpu/simd/spans-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

// ---- Rows ---------------------------------------------------------------------------------------

template <class Parameter, bool weighted, class T>
void gradient_sums_of_runs(const GradientTile<T> &g, GradientSums *total) {
    using Acc = Compute<T>;
    const Tile &tile = g.tile;
    CellChains<Acc> sums;
    CellChains<Acc> products;
    const size_t used = static_cast<size_t>(tile.inner) * sizeof sums[0];
    std::memset(sums, 0, used);
    std::memset(products, 0, used);
    for (int64_t o = 0; o < tile.outer; ++o) {
        for (int64_t c = 0; c < tile.inner; ++c) {
            const int64_t parameter = weighted ? 0 : c;
            const ForwardSpan<Acc, Splat<Acc>, Parameter> span(g.forward, g.parameters, c,
                                                               parameter);
            const Splat<Acc> head(g.backward.mean_head + c);
            const Splat<Acc> tail(g.backward.mean_tail + c);
            const T *x = g.x.at(o, c);
            const T *dy = g.dy.at(o, c);
            const GateOf gate(g, o, c);
            const int64_t x_ahead = g.x.ahead;
            const int64_t dy_ahead = g.dy.ahead;
            Chains<Acc> s(sums[c]);
            Chains<Acc> p(products[c]);
            for_chains<Acc>(tile.length, [&](auto j, int64_t i, auto piece) HWY_ATTR {
                prefetch_ahead(x, i, x_ahead);
                prefetch_ahead(dy, i, dy_ahead);
                const Vector<Acc> value = load(x + i, piece);
                Vector<Acc> of = gate.of(span, value, load(dy + i, piece), i, piece);
                if constexpr (weighted) of = hn::Mul(span.gamma.at(i, piece), of);
                const Vector<Acc> centred = hn::Sub(hn::Sub(value, head.value), tail.value);
                s.v[j] = hn::Add(s.v[j], within<Acc>(piece, of));
                p.v[j] = hn::Add(p.v[j], within<Acc>(piece, hn::Mul(of, centred)));
            });
            s.save(sums[c]);
            p.save(products[c]);
        }
    }
    for (int64_t c = 0; c < tile.inner; ++c) {
        total[c] += {Chains<Acc>(sums[c]).sum(), Chains<Acc>(products[c]).sum()};
    }
}

template <class T>
void gradient_sums_of_rows(const GradientTile<T> &g, GradientSums *total) {
    if (g.parameter_per_element) {
        gradient_sums_of_runs<Each<Compute<T>>, true>(g, total);
    } else {
        gradient_sums_of_runs<Splat<Compute<T>>, false>(g, total);
    }
}

// One chain for each element of the rows, over the rows.
template <class T>
void parameter_gradients(const GradientTile<T> &g, Compute<T> *dgamma, Compute<T> *dbeta) {
    using Acc = Compute<T>;
    constexpr int64_t kRowsAtOnce = 8;
    using Span = ForwardSpan<Acc, Splat<Acc>, Each<Acc>>;
    for (int64_t first = 0; first < g.tile.inner; first += kRowsAtOnce) {
        const int64_t end = std::min(first + kRowsAtOnce, g.tile.inner);
        for_vectors<Acc>(g.tile.length, [&](int64_t i, auto piece) HWY_ATTR {
            Vector<Acc> gamma_sum = load(dgamma + i, piece);
            Vector<Acc> beta_sum = load(dbeta + i, piece);
            for (int64_t c = first; c < end; ++c) {
                const Span span(g.forward, g.parameters, c, 0);
                const Vector<Acc> x = load(g.x.at(0, c) + i, piece);
                const Vector<Acc> dy = load(g.dy.at(0, c) + i, piece);
                const Vector<Acc> of = GateOf(g, 0, c).of(span, x, dy, i, piece);
                const Vector<Acc> xhat = span.standardized(x, i, piece);
                gamma_sum = hn::Add(gamma_sum, hn::Mul(of, xhat));
                beta_sum = hn::Add(beta_sum, of);
            }
            store(gamma_sum, dgamma + i, piece);
            store(beta_sum, dbeta + i, piece);
        });
    }
}

// ---- Columns ------------------------------------------------------------------------------------

template <class T>
void gradient_sums_of_columns(const GradientTile<T> &g, const GradientSumsArrays &total) {
    using Acc = Compute<T>;
    const Tag<Acc> d;
    const int64_t width = g.tile.length;
    const Runs<const T> x_runs = g.x;
    const Runs<const T> dy_runs = g.dy;
    const ForwardSpan<Acc, Each<Acc>, Each<Acc>> span(g.forward, g.parameters, 0, 0);
    const Each<Acc> head(g.backward.mean_head);
    const Each<Acc> tail(g.backward.mean_tail);
    Acc sums[kColumnBlock];
    Acc products[kColumnBlock];
    const int64_t padded = (width + kWidth<Acc> - 1) / kWidth<Acc> * kWidth<Acc>;
    const auto used = static_cast<size_t>(padded) * sizeof(Acc);
    std::memset(sums, 0, used);
    std::memset(products, 0, used);
    const auto sweep = [&](const auto &gated) HWY_ATTR {
        for_columns<T>(
            g.tile.outer, width, [&](int64_t c, auto piece, int64_t first, auto count) HWY_ATTR {
                const Vector<Acc> mean_head = head.at(c, piece);
                const Vector<Acc> mean_tail = tail.at(c, piece);
                Vector<Acc> s = hn::LoadU(d, sums + c);
                Vector<Acc> p = hn::LoadU(d, products + c);
                for (int64_t i = 0; i < count; ++i) {
                    const int64_t r = first + i;
                    prefetch_runs(x_runs, width, first + count, c, i);
                    prefetch_runs(dy_runs, width, first + count, c, i);
                    const Vector<Acc> x = load(x_runs.at(r, 0) + c, piece);
                    const Vector<Acc> dy = load(dy_runs.at(r, 0) + c, piece);
                    const Vector<Acc> of = gated(r, x, dy, c, piece);
                    s = hn::Add(s, of);
                    p = hn::Add(p, hn::Mul(of, hn::Sub(hn::Sub(x, mean_head), mean_tail)));
                }
                hn::StoreU(s, d, sums + c);
                hn::StoreU(p, d, products + c);
            });
    };
    using Vec = Vector<Acc>;
    if (g.gate == Gate::kNone) {
        sweep([](int64_t, Vec, Vec dy, int64_t, auto) HWY_ATTR { return dy; });
    } else {
        sweep([&](int64_t r, Vec x, Vec dy, int64_t c, auto piece)
                  HWY_ATTR { return GateOf(g, r, 0).of(span, x, dy, c, piece); });
    }
    for (int64_t c = 0; c < width; ++c) {
        total.g[c] += static_cast<double>(sums[c]);
        total.g_centred[c] += static_cast<double>(products[c]);
    }
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
