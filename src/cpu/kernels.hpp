// SPDX-License-Identifier: Apache-2.0
// The kernels of the CPU backend: what is computed on one tile of a tensor. Each is compiled for
// several instruction sets (src/cpu/simd), which give the same bits; kernels<T>() are those of this
// processor.
#pragma once

#include "kernels/math/elementwise.cuh"
#include "kernels/math/moments.cuh"
#include "kernels/math/scalar.cuh"
#include "src/cpu/coefficients.hpp"
#include "src/cpu/simd/instruction_set.hpp"
#include "src/cpu/sums.hpp"

namespace jsnorm::cpu {

// outer * inner runs of `length` neighbouring elements. Rows: one run for each segment of each
// cell, cells the inner ones. Columns: one run of neighbouring cells for each of their elements,
// inner = 1.
struct Tile {
    int64_t outer;
    int64_t inner;
    int64_t length;
};

// `runs` runs of `fold` elements of each of `cells` neighbouring cells, and one of `left` < fold.
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
    // So far behind an element lies one that will be read soon: worth asking for. 0: none is known.
    int64_t ahead = 0;

    T *at(int64_t o, int64_t i) const { return data + (o * outer + i * inner); }
};

// The same in the ReLU mask, in bits.
template <class Word>
struct MaskRuns {
    Word *words = nullptr;
    int64_t first = 0;
    int64_t outer = 0;
    int64_t inner = 0;

    int64_t at(int64_t o, int64_t i) const { return first + (o * outer + i * inner); }
};

// Coefficients are those of the tile's first cell on; parameters those of its first cell or, where
// they belong to elements, of the first element of its runs.

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
    bool past_cache;    // y is too large to be still in cache when it is read
    bool near = false;  // tensors are not much larger than second-level caches
};

template <class T>
struct GradientInput {
    Tile tile;
    Runs<const T> x;
    Runs<const T> dy;
    Gate gate;
    MaskRuns<const uint32_t> mask;            // Gate::kMask
    ForwardCoefficients<Compute<T>> forward;  // Gate::kRecompute; gradients of parameters
    BackwardCoefficients<Compute<T>> backward;
    ParameterValues<Compute<T>> parameters;
    bool parameter_per_element;
};

template <class T>
struct BackwardTile {
    GradientInput<T> input;
    Runs<T> dx;               // or NULL
    Runs<T> dz;               // or NULL
    bool through_statistics;  // false: b and t are 0 and not read, nor is x but for the gate
    bool past_cache;          // as in ForwardTile
    bool near = false;
};

template <class T>
struct Kernels {
    // Rows: merges the moments of each cell's elements of the tile into total[cell].
    void (*moments_of_rows)(const Tile &, const Runs<const T> &x, Moments *total);
    // Columns: the same for neighbouring cells that have seen `count` elements before.
    void (*moments_of_columns)(const ColumnTile &, const Runs<const T> &x, double count,
                               const MeanM2Arrays &total);
    // Adds the sums of each cell's elements of the tile to total[cell].
    void (*gradient_sums_of_rows)(const GradientInput<T> &, GradientSums *total);
    void (*gradient_sums_of_columns)(const GradientInput<T> &, const GradientSumsArrays &total);
    // Rows whose parameters belong to elements: adds to dgamma and dbeta of the runs' elements.
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
