// SPDX-License-Identifier: Apache-2.0
// Moments of a tile (docs/math.md, section 2, rule 1). The first sweep finds a pivot near each
// cell's mean. The second sweep sums about the pivot; its sum of deviations corrects the pivot's
// error. The first sweep subtracts the first element, so that data far from 0 lose no digits.
// Chains of the second sweep are short, because long ones of equal terms all round to the same
// side.
#if defined(JSNORM_CPU_SIMD_MOMENTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JSNORM_CPU_SIMD_MOMENTS_INL
#undef JSNORM_CPU_SIMD_MOMENTS_INL
#else
#define JSNORM_CPU_SIMD_MOMENTS_INL
#endif

#include "src/cpu/kernels.hpp"
#include "src/cpu/simd/chains-inl.hpp"
#include "src/cpu/simd/columns-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

// ---- Rows ---------------------------------------------------------------------------------------

// The chains of each cell of a tile.
template <class Acc>
using CellChains = Acc[kCellsPerTile][kLanes];

// body(first, length) for the pieces of a run of n elements, whose chains have `terms` terms.
template <int64_t terms = kShortTerms, class Body>
HWY_INLINE void for_short_pieces(int64_t n, const Body &body) {
    constexpr int64_t kPiece = kLanes * terms;
    for (int64_t first = 0; first < n; first += kPiece) body(first, std::min(kPiece, n - first));
}

template <class T>
HWY_INLINE void add_deviations(const T *run, int64_t n, int64_t ahead, Compute<T> pivot,
                               Compute<T> *sums) {
    using Acc = Compute<T>;
    const Vector<Acc> p = hn::Set(Tag<Acc>(), pivot);
    Chains<Acc> s(sums);
    for_chains<Acc>(n, [&](auto j, int64_t i, auto piece) HWY_ATTR {
        prefetch_ahead(run, i, ahead);
        s.v[j] = hn::Add(s.v[j], within<Acc>(piece, hn::Sub(load(run + i, piece), p)));
    });
    s.save(sums);
}

template <class T>
HWY_INLINE void add_moments(const T *run, int64_t n, Compute<T> pivot, Compute<T> *sums,
                            Compute<T> *squares) {
    using Acc = Compute<T>;
    const Vector<Acc> p = hn::Set(Tag<Acc>(), pivot);
    Chains<Acc> s(sums);
    Chains<Acc> q(squares);
    for_chains<Acc>(n, [&](auto j, int64_t i, auto piece) HWY_ATTR {
        const Vector<Acc> d = within<Acc>(piece, hn::Sub(load(run + i, piece), p));
        s.v[j] = hn::Add(s.v[j], d);
        q.v[j] = hn::Add(q.v[j], hn::Mul(d, d));
    });
    s.save(sums);
    q.save(squares);
}

// The sum of (x - pivot)^2 over the runs of one cell. Deviations are multiplied by `scale` before
// they are squared, which keeps squares in range; the sum is scaled back.
template <class T>
double scaled_squares(const Tile &tile, const Runs<const T> &x, int64_t cell, Compute<T> pivot,
                      Compute<T> scale) {
    using Acc = Compute<T>;
    const Vector<Acc> p = hn::Set(Tag<Acc>(), pivot);
    const Vector<Acc> factor = hn::Set(Tag<Acc>(), scale);
    double squares = 0;
    for (int64_t o = 0; o < tile.outer; ++o) {
        for_short_pieces(tile.length, [&](int64_t first, int64_t length) HWY_ATTR {
            const T *run = x.at(o, cell) + first;
            Chains<Acc> q;
            for_chains<Acc>(length, [&](auto j, int64_t i, auto piece) HWY_ATTR {
                const Vector<Acc> d =
                    within<Acc>(piece, hn::Mul(hn::Sub(load(run + i, piece), p), factor));
                q.v[j] = hn::Add(q.v[j], hn::Mul(d, d));
            });
            squares += q.sum();
        });
    }
    const auto unscale = static_cast<double>(scale);
    return squares / unscale / unscale;
}

template <class T>
HWY_INLINE void take_first_elements(const Tile &tile, const Runs<const T> &x, Compute<T> *pivots) {
    for (int64_t c = 0; c < tile.inner; ++c) pivots[c] = widen(*x.at(0, c));
}

// The moments of one cell from its sums about the pivot.
template <class T>
HWY_INLINE Moments moments_of_cell(const Tile &tile, const Runs<const T> &x, int64_t cell,
                                   Compute<T> pivot, double sum, double sum_squares) {
    const auto scale = square_scale<Compute<T>>(sum_squares);
    if (scale != 1) sum_squares = scaled_squares(tile, x, cell, pivot, scale);
    const auto count = static_cast<double>(tile.outer * tile.length);
    return moments_about(static_cast<double>(pivot), count, sum, sum_squares);
}

// Cells of one run each that are summed side by side. Additions of a chain wait for each other, and
// with wide vectors one cell has too few vectors to hide that.
template <class Acc>
inline constexpr int64_t kCellsAtOnce = std::max<int64_t>(1, 4 / kVectors<Acc>);

// body(c, j, deviation) for elements [begin, begin + length) of `cells` runs from cell `first` on;
// deviation = x - pivot.
template <int64_t cells, class T, class Body>
HWY_INLINE void for_deviations(const Runs<const T> &x, int64_t first, int64_t begin, int64_t length,
                               int64_t ahead, const Compute<T> *pivots, const Body &body) {
    using Acc = Compute<T>;
    const T *run[cells];
    Vector<Acc> p[cells];
    unrolled<cells>([&](auto c) HWY_ATTR {
        run[c] = x.at(0, first + c) + begin;
        p[c] = hn::Set(Tag<Acc>(), pivots[first + c]);
    });
    for_chains<Acc>(length, [&](auto j, int64_t i, auto piece) HWY_ATTR {
        unrolled<cells>([&](auto c) HWY_ATTR {
            prefetch_ahead(run[c], i, ahead);
            body(c, j, within<Acc>(piece, hn::Sub(load(run[c] + i, piece), p[c])));
        });
    });
}

// Cells of one run each.
template <class T>
HWY_INLINE void moments_of_single_runs(const Tile &tile, const Runs<const T> &x, Moments *total) {
    using Acc = Compute<T>;
    const auto count = static_cast<double>(tile.length);
    Acc pivots[kCellsPerTile];
    double sums[kCellsPerTile] = {};
    double squares[kCellsPerTile] = {};
    take_first_elements(tile, x, pivots);
    for_steps<kCellsAtOnce<Acc>>(tile.inner, [&](auto cells, int64_t first) HWY_ATTR {
        Chains<Acc> s[cells];
        for_deviations<cells>(x, first, 0, tile.length, 0, pivots,
                              [&](auto c, auto j, Vector<Acc> d)
                                  HWY_ATTR { s[c].v[j] = hn::Add(s[c].v[j], d); });
        unrolled<cells>([&](auto c) HWY_ATTR { pivots[first + c] += s[c].mean(count); });
    });
    for_steps<kCellsAtOnce<Acc>>(tile.inner, [&](auto cells, int64_t first) HWY_ATTR {
        for_short_pieces(tile.length, [&](int64_t begin, int64_t length) HWY_ATTR {
            Chains<Acc> s[cells];
            Chains<Acc> q[cells];
            for_deviations<cells>(x, first, begin, length, x.ahead, pivots,
                                  [&](auto c, auto j, Vector<Acc> d) HWY_ATTR {
                                      s[c].v[j] = hn::Add(s[c].v[j], d);
                                      q[c].v[j] = hn::Add(q[c].v[j], hn::Mul(d, d));
                                  });
            unrolled<cells>([&](auto c) HWY_ATTR {
                sums[first + c] += s[c].sum();
                squares[first + c] += q[c].sum();
            });
        });
    });
    for (int64_t c = 0; c < tile.inner; ++c) {
        total[c] = merge(total[c], moments_of_cell(tile, x, c, pivots[c], sums[c], squares[c]));
    }
}

// Runs of a cell that have chains of `terms` terms in common, because each is shorter.
inline int64_t runs_that_share_chains(const Tile &tile, int64_t terms) {
    const int64_t run_terms = (tile.length + kLanes - 1) / kLanes;
    return std::max<int64_t>(1, terms / run_terms);
}

// The sum of the chains of a cell, which are emptied.
template <class Acc>
HWY_INLINE double take_sum(Acc (&lanes)[kLanes]) {
    const double sum = Chains<Acc>(lanes).sum();
    std::memset(lanes, 0, sizeof lanes);
    return sum;
}

// Cells of several runs each, run by run in the order of memory.
template <class T>
HWY_INLINE void moments_of_segments(const Tile &tile, const Runs<const T> &x, Moments *total) {
    using Acc = Compute<T>;
    const auto count = static_cast<double>(tile.outer * tile.length);
    Acc pivots[kCellsPerTile];
    CellChains<Acc> sums;
    CellChains<Acc> squares;
    const size_t used = static_cast<size_t>(tile.inner) * sizeof sums[0];
    std::memset(sums, 0, used);
    take_first_elements(tile, x, pivots);
    for (int64_t o = 0; o < tile.outer; ++o) {
        for (int64_t c = 0; c < tile.inner; ++c) {
            add_deviations(x.at(o, c), tile.length, x.ahead, pivots[c], sums[c]);
        }
    }
    for (int64_t c = 0; c < tile.inner; ++c) pivots[c] += Chains<Acc>(sums[c]).mean(count);
    std::memset(sums, 0, used);
    std::memset(squares, 0, used);
    double cell_sums[kCellsPerTile] = {};
    double cell_squares[kCellsPerTile] = {};
    const int64_t runs_of_chains = runs_that_share_chains(tile, kShortTerms);
    const auto add_up = [&](int64_t c) HWY_ATTR {
        cell_sums[c] += take_sum<Acc>(sums[c]);
        cell_squares[c] += take_sum<Acc>(squares[c]);
    };
    for (int64_t o = 0; o < tile.outer; ++o) {
        for (int64_t c = 0; c < tile.inner; ++c) {
            for_short_pieces(tile.length, [&](int64_t first, int64_t length) HWY_ATTR {
                add_moments(x.at(o, c) + first, length, pivots[c], sums[c], squares[c]);
                const bool ends_run = first + length == tile.length;
                const bool ends_chains = (o + 1) % runs_of_chains == 0 || o + 1 == tile.outer;
                if (!ends_run || ends_chains) add_up(c);
            });
        }
    }
    for (int64_t c = 0; c < tile.inner; ++c) {
        total[c] =
            merge(total[c], moments_of_cell(tile, x, c, pivots[c], cell_sums[c], cell_squares[c]));
    }
}

template <class T>
void moments_of_rows(const Tile &tile, const Runs<const T> &x, Moments *total) {
    if (tile.outer > 1) return moments_of_segments(tile, x, total);
    moments_of_single_runs(tile, x, total);
}

// ---- Columns: one chain for each column ---------------------------------------------------------

// for_columns() for a tile, some runs at a time: whole ones, then the shorter one. After each part,
// end_part().
template <class T, class Body, class EndPart>
HWY_INLINE void for_columns(const ColumnTile &tile, int64_t runs_of_part, const Body &body,
                            const EndPart &end_part) {
    for (int64_t begin = 0; begin < tile.runs; begin += runs_of_part) {
        const int64_t runs = std::min(runs_of_part, tile.runs - begin);
        for_columns<T>(runs, tile.fold * tile.cells,
                       [&](int64_t c, auto piece, int64_t first, auto some)
                           HWY_ATTR { body(c, piece, begin + first, some); });
        end_part();
    }
    if (tile.left == 0) return;
    for_vectors<Compute<T>>(tile.left * tile.cells, [&](int64_t c, auto piece) HWY_ATTR {
        body(c, piece, tile.runs, std::integral_constant<int64_t, 1>());
    });
    end_part();
}

// Adds up the columns of each cell, in double, and empties them.
template <class Acc>
HWY_INLINE void take_folds(const ColumnTile &tile, Acc *columns, double *sums) {
    for (int64_t i = 0; i < tile.fold * tile.cells; i += tile.cells) {
        for (int64_t c = 0; c < tile.cells; ++c) sums[c] += static_cast<double>(columns[i + c]);
    }
    std::fill_n(columns, tile.fold * tile.cells, Acc(0));
}

// sums/count. Most tiles have a power of two elements, whose reciprocal is exact.
HWY_INLINE void divide_by(double count, int64_t cells, const double *sums, double *quotients) {
    const double reciprocal = 1 / count;
    int exponent;
    if (std::frexp(count, &exponent) == 0.5) {
        for (int64_t c = 0; c < cells; ++c) quotients[c] = sums[c] * reciprocal;
    } else {
        for (int64_t c = 0; c < cells; ++c) quotients[c] = sums[c] / count;
    }
}

// Copies the values of cells to all columns of a folded run.
template <class Acc>
HWY_INLINE void repeat_cells(const ColumnTile &tile, Acc *columns) {
    for (int64_t i = 1; i < tile.fold; ++i) {
        std::copy_n(columns, tile.cells, columns + i * tile.cells);
    }
}

// The sums of (x - pivot)^2 once more, for a tile where squares of some cell left their range.
// Deviations of that cell are scaled before they are squared; the scale of other cells is 1.
template <class T>
void scaled_squares_of_columns(const ColumnTile &tile, const Runs<const T> &x,
                               const Compute<T> *pivots, double *squares) {
    using Acc = Compute<T>;
    const Tag<Acc> d;
    Acc scales[kColumnBlock];
    Acc sums[kColumnBlock] = {};
    for (int64_t c = 0; c < tile.cells; ++c) scales[c] = square_scale<Acc>(squares[c]);
    repeat_cells(tile, scales);
    std::fill_n(squares, tile.cells, 0.0);
    const auto add = [&](int64_t c, auto piece, int64_t first, auto some) HWY_ATTR {
        const Vector<Acc> p = hn::LoadU(d, pivots + c);
        const Vector<Acc> scale = hn::LoadU(d, scales + c);
        Vector<Acc> q = hn::LoadU(d, sums + c);
        for (int64_t r = first; r < first + some; ++r) {
            const Vector<Acc> near = hn::Sub(load(x.at(r, 0) + c, piece), p);
            const Vector<Acc> v = within<Acc>(piece, hn::Mul(near, scale));
            q = hn::Add(q, hn::Mul(v, v));
        }
        hn::StoreU(q, d, sums + c);
    };
    for_columns<T>(tile, kShortTerms, add, [&]() HWY_ATTR { take_folds(tile, sums, squares); });
    for (int64_t c = 0; c < tile.cells; ++c) {
        const auto unscale = static_cast<double>(scales[c]);
        squares[c] = squares[c] / unscale / unscale;
    }
}

template <class T>
void moments_of_columns(const ColumnTile &given, const Runs<const T> &runs, double before,
                        const MeanM2Arrays &total) {
    using Acc = Compute<T>;
    const ColumnTile tile = given;  // copied as in forward_of_run()
    const Runs<const T> x = runs;
    const Tag<Acc> d;
    const auto count = static_cast<double>(tile.runs * tile.fold + tile.left);
    Acc pivots[kColumnBlock];
    Acc sums[kColumnBlock];
    Acc squares[kColumnBlock];
    double cell_sums[kColumnBlock];
    double cell_squares[kColumnBlock];
    double shifts[kColumnBlock];
    const int64_t width = kWidth<Acc>;
    const int64_t columns = (tile.fold * tile.cells + width - 1) / width * width;

    // First sweep: a pivot for each cell.
    std::fill_n(sums, columns, Acc(0));
    for_vectors<Acc>(tile.cells, [&](int64_t c, auto piece) HWY_ATTR {
        hn::StoreU(load(x.data + c, piece), d, pivots + c);
    });
    repeat_cells(tile, pivots);
    std::fill_n(cell_sums, tile.cells, 0.0);
    const auto sum_deviations = [&](int64_t c, auto piece, int64_t first, auto some) HWY_ATTR {
        const Vector<Acc> p = hn::LoadU(d, pivots + c);
        Vector<Acc> s = hn::LoadU(d, sums + c);
        for (int64_t r = first; r < first + some; ++r) {
            prefetch_runs(x, tile.fold * tile.cells, first + some, c, r - first);
            s = hn::Add(s, within<Acc>(piece, hn::Sub(load(x.at(r, 0) + c, piece), p)));
        }
        hn::StoreU(s, d, sums + c);
    };
    for_columns<T>(tile, kColumnLines, sum_deviations,
                   [&]() HWY_ATTR { take_folds(tile, sums, cell_sums); });
    divide_by(count, tile.cells, cell_sums, shifts);
    for (int64_t c = 0; c < tile.cells; ++c) {
        pivots[c] = static_cast<Acc>(static_cast<double>(pivots[c]) + shifts[c]);
    }
    repeat_cells(tile, pivots);

    // Second sweep: sums about the pivots.
    std::fill_n(squares, columns, Acc(0));
    std::fill_n(cell_sums, tile.cells, 0.0);
    std::fill_n(cell_squares, tile.cells, 0.0);
    const auto sum_moments = [&](int64_t c, auto piece, int64_t first, auto some) HWY_ATTR {
        const Vector<Acc> p = hn::LoadU(d, pivots + c);
        Vector<Acc> s = hn::LoadU(d, sums + c);
        Vector<Acc> q = hn::LoadU(d, squares + c);
        for (int64_t r = first; r < first + some; ++r) {
            const Vector<Acc> v = within<Acc>(piece, hn::Sub(load(x.at(r, 0) + c, piece), p));
            s = hn::Add(s, v);
            q = hn::Add(q, hn::Mul(v, v));
        }
        hn::StoreU(s, d, sums + c);
        hn::StoreU(q, d, squares + c);
    };
    for_columns<T>(tile, kShortTerms, sum_moments, [&]() HWY_ATTR {
        take_folds(tile, sums, cell_sums);
        take_folds(tile, squares, cell_squares);
    });
    bool leaves_range = false;
    for (int64_t c = 0; c < tile.cells; ++c) {
        leaves_range |= squares_leave_range<Acc>(cell_squares[c]);
    }
    if (leaves_range) scaled_squares_of_columns(tile, x, pivots, cell_squares);

    // merge() and moments_about(), written out for all cells.
    const double share = count / (before + count);
    const double weight = before * share;
    divide_by(count, tile.cells, cell_sums, shifts);
    for (int64_t c = 0; c < tile.cells; ++c) {
        const Moments part = moments_about(static_cast<double>(pivots[c]), count, cell_sums[c],
                                           cell_squares[c], shifts[c]);
        const double delta = part.mean - total.mean[c];
        const bool first = before == 0;
        total.mean[c] = first ? part.mean : total.mean[c] + delta * share;
        total.m2[c] = first ? part.m2 : total.m2[c] + part.m2 + delta * delta * weight;
    }
}

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
