// SPDX-License-Identifier: Apache-2.0
// The sums over dy and x of a tile that backward needs.
#if defined(JSNORM_CPU_SIMD_GRADIENT_SUMS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_GRADIENT_SUMS_INL
#undef JSNORM_CPU_SIMD_GRADIENT_SUMS_INL
#else
#define JSNORM_CPU_SIMD_GRADIENT_SUMS_INL
#endif

#include <limits>
#include <type_traits>

#include "kernels/math/deviation_scale.cuh"
#include "src/cpu/simd/moments-inl.hpp"
#include "src/cpu/simd/spans-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

// ---- Rows ---------------------------------------------------------------------------------------

// One run of a cell: adds its elements to the chains of both sums.
template <class T, class Parameter, class Gating>
struct GradientRun {
    using Acc = Compute<T>;

    const T *x;
    const T *dy;
    Gating gate;
    ForwardSpan<Acc, Splat<Acc>, Parameter> span;
    Splat<Acc> head, tail;
    Acc scale;  // of deviations

    HWY_INLINE GradientRun(const GradientInput<T> &g, int64_t o, int64_t c)
        : x(g.x.at(o, c)),
          dy(g.dy.at(o, c)),
          gate(g, o, c),
          span(g.forward, g.parameters, c, g.parameter_per_element ? 0 : c),
          head(g.backward.mean_head + c),
          tail(g.backward.mean_tail + c),
          scale(deviation_scale(g.backward.rstd[c])) {}

    template <class Piece>
    HWY_INLINE void add(Vector<Acc> &sum, Vector<Acc> &products, int64_t i, Piece piece) const {
        // A per-element gamma weighs elements here; a per-cell gamma multiplies the finished sums.
        constexpr bool weighted = std::is_same_v<Parameter, Each<Acc>>;
        const Vector<Acc> value = load(x + i, piece);
        Vector<Acc> gradient = gate.apply(span, value, load(dy + i, piece), i, piece);
        if constexpr (weighted) gradient = hn::Mul(span.gamma.at(i, piece), gradient);
        const Vector<Acc> deviation = hn::Sub(hn::Sub(value, head.value), tail.value);
        const Vector<Acc> centred = hn::Mul(deviation, hn::Set(Tag<Acc>(), scale));
        sum = hn::Add(sum, within<Acc>(piece, gradient));
        products = hn::Add(products, within<Acc>(piece, hn::Mul(gradient, centred)));
    }
    HWY_INLINE double unscaled(double sum_products) const {
        return sum_products * inverse_of_power(static_cast<double>(scale));
    }
};

// Cells of one run each.
template <class Parameter, class Gating, class T>
HWY_INLINE void gradient_sums_of_single_runs(const GradientInput<T> &g, GradientSums *total) {
    using Acc = Compute<T>;
    const int64_t x_ahead = g.x.ahead;
    const int64_t dy_ahead = g.dy.ahead;
    for_steps<kCellsAtOnce<Acc>>(g.tile.inner, [&](auto cells, int64_t first) HWY_ATTR {
        const auto runs = generate<cells>(
            [&](auto c) HWY_ATTR { return GradientRun<T, Parameter, Gating>(g, 0, first + c); });
        for_short_pieces<kGradientTerms>(
            g.tile.length, [&](int64_t begin, int64_t length) HWY_ATTR {
                Chains<Acc> s[cells];
                Chains<Acc> p[cells];
                for_chains<Acc>(length, [&](auto j, int64_t i, auto piece) HWY_ATTR {
                    unrolled<cells>([&](auto c) HWY_ATTR {
                        prefetch_ahead(runs[c].x, begin + i, x_ahead);
                        prefetch_ahead(runs[c].dy, begin + i, dy_ahead);
                        runs[c].add(s[c].v[j], p[c].v[j], begin + i, piece);
                    });
                });
                unrolled<cells>([&](auto c) HWY_ATTR {
                    total[first + c] += {s[c].sum(), runs[c].unscaled(p[c].sum())};
                });
            });
    });
}

// Cells of several runs each, run by run in the order of memory.
template <class Gating, class T>
HWY_INLINE void gradient_sums_of_segments(const GradientInput<T> &g, GradientSums *total) {
    using Acc = Compute<T>;
    const Tile &tile = g.tile;
    const int64_t x_ahead = g.x.ahead;
    const int64_t dy_ahead = g.dy.ahead;
    CellChains<Acc> sums;
    CellChains<Acc> products;
    const size_t used = static_cast<size_t>(tile.inner) * sizeof sums[0];
    std::memset(sums, 0, used);
    std::memset(products, 0, used);
    // Runs that share chains; a run is not cut, and a tile of several has at most half of a tile
    // each.
    const int64_t runs_of_chains = runs_that_share_chains(tile, kGradientTerms);
    for (int64_t o = 0; o < tile.outer; ++o) {
        for (int64_t c = 0; c < tile.inner; ++c) {
            const GradientRun<T, Splat<Acc>, Gating> run(g, o, c);
            Chains<Acc> s(sums[c]);
            Chains<Acc> p(products[c]);
            for_chains<Acc>(tile.length, [&](auto j, int64_t i, auto piece) HWY_ATTR {
                prefetch_ahead(run.x, i, x_ahead);
                prefetch_ahead(run.dy, i, dy_ahead);
                run.add(s.v[j], p.v[j], i, piece);
            });
            s.save(sums[c]);
            p.save(products[c]);
        }
        if ((o + 1) % runs_of_chains != 0 && o + 1 != tile.outer) continue;
        for (int64_t c = 0; c < tile.inner; ++c) {
            const GradientRun<T, Splat<Acc>, Gating> run(g, 0, c);
            total[c] += {take_sum<Acc>(sums[c]), run.unscaled(take_sum<Acc>(products[c]))};
        }
    }
}

template <class T>
void gradient_sums_of_rows(const GradientInput<T> &g, GradientSums *total) {
    using Acc = Compute<T>;
    with_gate(g.gate, [&](auto gating) HWY_ATTR {
        using Gating = typename decltype(gating)::type;
        if (g.parameter_per_element) {
            gradient_sums_of_single_runs<Each<Acc>, Gating>(g, total);
        } else if (g.tile.outer == 1) {
            gradient_sums_of_single_runs<Splat<Acc>, Gating>(g, total);
        } else {
            gradient_sums_of_segments<Gating>(g, total);
        }
    });
}

template <class Gating, int64_t rows, class T>
HWY_INLINE void add_rows(const GradientInput<T> &g, int64_t first, Compute<T> *dgamma,
                         Compute<T> *dbeta) {
    using Acc = Compute<T>;
    const auto runs = generate<rows>(
        [&](auto k) HWY_ATTR { return GradientRun<T, Each<Acc>, Gating>(g, 0, first + k); });
    for_vectors<Acc>(g.tile.length, [&](int64_t i, auto piece) HWY_ATTR {
        Vector<Acc> gamma_sum = load(dgamma + i, piece);
        Vector<Acc> beta_sum = load(dbeta + i, piece);
        unrolled<rows>([&](auto k) HWY_ATTR {
            const auto &row = runs[k];
            const Vector<Acc> x = load(row.x + i, piece);
            const Vector<Acc> gradient =
                row.gate.apply(row.span, x, load(row.dy + i, piece), i, piece);
            gamma_sum = hn::Add(gamma_sum, hn::Mul(gradient, row.span.standardized(x, i, piece)));
            beta_sum = hn::Add(beta_sum, gradient);
        });
        store(gamma_sum, dgamma + i, piece);
        store(beta_sum, dbeta + i, piece);
    });
}

// One chain per element, down the rows.
template <class T>
void parameter_gradients(const GradientInput<T> &g, Compute<T> *dgamma, Compute<T> *dbeta) {
    constexpr int64_t kRows = 4;  // as many as have their coefficients in registers
    with_gate(g.gate, [&](auto gating) HWY_ATTR {
        using Gating = typename decltype(gating)::type;
        for_steps<kRows>(g.tile.inner, [&](auto rows, int64_t first) HWY_ATTR {
            add_rows<Gating, rows>(g, first, dgamma, dbeta);
        });
    });
}

// ---- Columns ------------------------------------------------------------------------------------

// deviation_scale() of the columns at c.
template <class Acc, class Piece>
HWY_INLINE Vector<Acc> deviation_scales(const Each<Acc> &rstd, int64_t c, Piece piece) {
    const Tag<Acc> d;
    const Vector<Acc> infinity = hn::Set(d, std::numeric_limits<Acc>::infinity());
    const Vector<Acc> power = hn::And(rstd.at(c, piece), infinity);
    const auto none = hn::Or(hn::Eq(power, hn::Zero(d)), hn::Eq(power, infinity));
    return hn::IfThenElse(none, hn::Set(d, Acc(1)), power);
}

// for_columns(), whose chains end after kGradientTerms runs: end_chains().
template <class T, class EndChains, class Body>
HWY_INLINE void for_short_columns(int64_t runs, int64_t length, const EndChains &end_chains,
                                  const Body &body) {
    for (int64_t begin = 0; begin < runs; begin += kGradientTerms) {
        for_columns<T>(std::min(kGradientTerms, runs - begin), length,
                       [&](int64_t c, auto piece, int64_t first, auto count)
                           HWY_ATTR { body(c, piece, begin + first, count); });
        end_chains();
    }
}

template <class T>
void gradient_sums_of_columns(const GradientInput<T> &g, const GradientSumsArrays &total) {
    using Acc = Compute<T>;
    const Tag<Acc> d;
    const int64_t width = g.tile.length;
    const Runs<const T> x_runs = g.x;
    const Runs<const T> dy_runs = g.dy;
    const ForwardSpan<Acc, Each<Acc>, Each<Acc>> span(g.forward, g.parameters, 0, 0);
    const Each<Acc> head(g.backward.mean_head);
    const Each<Acc> tail(g.backward.mean_tail);
    const Each<Acc> rstd(g.backward.rstd);
    Acc sums[kColumnBlock];
    Acc products[kColumnBlock];
    const int64_t padded = (width + kWidth<Acc> - 1) / kWidth<Acc> * kWidth<Acc>;
    const auto used = static_cast<size_t>(padded) * sizeof(Acc);
    std::memset(sums, 0, used);
    std::memset(products, 0, used);
    const auto end_chains = [&]() HWY_ATTR {
        for (int64_t c = 0; c < width; ++c) {
            total.g[c] += static_cast<double>(sums[c]);
            const auto scale = static_cast<double>(deviation_scale(g.backward.rstd[c]));
            total.g_centred[c] += static_cast<double>(products[c]) * inverse_of_power(scale);
        }
        std::memset(sums, 0, used);
        std::memset(products, 0, used);
    };
    const auto sweep = [&](const auto &gated) HWY_ATTR {
        for_short_columns<T>(g.tile.outer, width, end_chains,
                             [&](int64_t c, auto piece, int64_t first, auto count) HWY_ATTR {
                                 const Vector<Acc> mean_head = head.at(c, piece);
                                 const Vector<Acc> mean_tail = tail.at(c, piece);
                                 const Vector<Acc> scale = deviation_scales(rstd, c, piece);
                                 Vector<Acc> s = hn::LoadU(d, sums + c);
                                 Vector<Acc> p = hn::LoadU(d, products + c);
                                 for (int64_t i = 0; i < count; ++i) {
                                     const int64_t r = first + i;
                                     prefetch_runs(x_runs, width, first + count, c, i);
                                     prefetch_runs(dy_runs, width, first + count, c, i);
                                     const Vector<Acc> x = load(x_runs.at(r, 0) + c, piece);
                                     const Vector<Acc> dy = load(dy_runs.at(r, 0) + c, piece);
                                     const Vector<Acc> gradient = gated(r, x, dy, c, piece);
                                     s = hn::Add(s, gradient);
                                     const Vector<Acc> deviation =
                                         hn::Sub(hn::Sub(x, mean_head), mean_tail);
                                     p = hn::Add(p, hn::Mul(gradient, hn::Mul(deviation, scale)));
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
                  HWY_ATTR { return RunGate(g, r, 0).apply(span, x, dy, c, piece); });
    }
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
