// SPDX-License-Identifier: Apache-2.0
// The kernels of the CPU backend. A kernel computes one tile of a tensor. It is compiled for
// several instruction sets (src/cpu/simd), which give the same bits; kernels<T>() returns the
// kernels for this processor.
#pragma once

#include "kernels/math/elementwise.cuh"
#include "kernels/math/moments.cuh"
#include "kernels/math/scalar.cuh"
#include "src/cpu/coefficients.hpp"
#include "src/cpu/simd/instruction_set.hpp"
#include "src/cpu/sums.hpp"

namespace jsnorm::cpu {

// outer * inner runs of `length` neighbouring elements. Rows: a run is a segment of a cell; outer
// counts segments, inner cells. Columns: a run is one line (one element of each of some
// neighbouring cells) or, folded, several; outer counts runs, inner is 1.
struct Tile {
    int64_t outer;
    int64_t inner;
    int64_t length;
};

// `runs` runs, each of `fold` lines of `cells` neighbouring cells, then a shorter run of `left` <
// fold lines.
struct ColumnTile {
    int64_t runs;
    int64_t fold;
    int64_t cells;
    int64_t left;
};

// Where the runs of a tile begin in one tensor.
template <class T>
struct Runs {
    T *data = nullptr;
    int64_t outer = 0;
    int64_t inner = 0;
    // Prefetch distance in elements; 0: none.
    int64_t ahead = 0;

    T *at(int64_t o, int64_t i) const { return data + (o * outer + i * inner); }
};

// Where the runs of a tile begin in the ReLU mask, in bits.
template <class Word>
struct MaskRuns {
    Word *words = nullptr;
    int64_t first = 0;
    int64_t outer = 0;
    int64_t inner = 0;

    int64_t at(int64_t o, int64_t i) const { return first + (o * outer + i * inner); }
};

// In the tiles below, coefficients begin at the tile's first cell. So do parameters, unless they
// belong to elements: then they begin at the first element of the runs.

template <class T>
struct ForwardTile {
    Tile tile;
    Runs<const T> x;
    Runs<const T> z;  // or NULL
    Runs<T> y;
    MaskRuns<uint32_t> mask;  // or NULL
    ForwardCoefficients<Compute<T>> forward;
    ParameterValues<Compute<T>> parameters;
    bool parameter_per_element;
    bool relu;
    bool past_cache;    // y bypasses the caches: it would not stay there until it is read
    bool near = false;  // tensors roughly fit the second-level caches
};

// What gradient kernels read of a tile: x and dy as runs in memory, the gate, and coefficients.
template <class T>
struct GradientInput {
    Tile tile;
    Runs<const T> x;
    Runs<const T> dy;
    Gate gate;
    MaskRuns<const uint32_t> mask;            // for Gate::kMask
    ForwardCoefficients<Compute<T>> forward;  // for Gate::kRecompute, parameter_gradients()
    BackwardCoefficients<Compute<T>> backward;
    ParameterValues<Compute<T>> parameters;
    bool parameter_per_element;
};

template <class T>
struct BackwardTile {
    GradientInput<T> input;
    Runs<T> dx;               // or NULL
    Runs<T> dz;               // or NULL
    bool through_statistics;  // false: b and t are not read, x only by Gate::kRecompute
    bool past_cache;          // as in ForwardTile
    bool near = false;
};

template <class T>
struct Kernels {
    // Rows: merges each cell's moments over the tile into total[cell].
    void (*moments_of_rows)(const Tile &, const Runs<const T> &x, Moments *total);
    // Columns: the same; `count` elements of each cell are in its total already.
    void (*moments_of_columns)(const ColumnTile &, const Runs<const T> &x, double count,
                               const MeanM2Arrays &total);
    // Adds each cell's sums over the tile to total[cell].
    void (*gradient_sums_of_rows)(const GradientInput<T> &, GradientSums *total);
    void (*gradient_sums_of_columns)(const GradientInput<T> &, const GradientSumsArrays &total);
    // Rows with parameters per element: adds to dgamma and dbeta, which begin at the first element
    // of the runs.
    void (*parameter_gradients)(const GradientInput<T> &, Compute<T> *dgamma, Compute<T> *dbeta);
    void (*forward_of_rows)(const ForwardTile<T> &);
    void (*forward_of_columns)(const ForwardTile<T> &);
    void (*backward_of_rows)(const BackwardTile<T> &);
    void (*backward_of_columns)(const BackwardTile<T> &);
};

template <class T>
const Kernels<T> &kernels_for(InstructionSet set);

template <class T>
const Kernels<T> &kernels() {
    static const Kernels<T> &of_this_processor = kernels_for<T>(instruction_set());
    return of_this_processor;
}

}  // namespace jsnorm::cpu
