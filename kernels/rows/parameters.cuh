// SPDX-License-Identifier: Apache-2.0
// gamma and beta as the lanes of a row read them. Where they belong to elements a block converts
// those of its tile once, holds them in shared memory, and reads them with every row; where that
// does not hold them, lanes read a copy in memory.
#pragma once

#include "kernels/rows/rows.cuh"
#include "kernels/tensor/lane_order.cuh"
#include "kernels/tensor/parameters.cuh"

namespace jsnorm::gpu {

// Where the values of vector i of a lane begin, in an array of a tile; a vector has
// kWidth/kValueWidth steps.
template <class T, int kLanes>
JSNORM_DEVICE int lane_values(int i, int step, int lane) {
    return i * kLanes * kWidth<T> + lane_order<T>(lane * kWidth<T> + step * kValueWidth<T>);
}

inline constexpr int kGamma = 0;
inline constexpr int kBeta = 1;

// Where a kernel finds its parameters.
template <class T>
struct RowParameters {
    int32_t per_element = 0;  // else of the cell: cell modulo P
    int32_t held = 0;         // of elements: entries of an array that the block holds, 0: none
    Divisor count;            // P
    int32_t wide = 0;         // the caller's can be read by 16 bytes
    GivenArray<T> given[2];   // the caller's, where held
    global<const Compute<T>> values[2] = {};  // elsewhere; in lane order where of elements
};

// Converts `count` entries from an aligned place, 16 bytes at a time; those beyond are not touched.
template <class T, int kLanes, class Given>
JSNORM_DEVICE void hold_vectors(shared<Compute<T>> held, global<const Given> given, int64_t count) {
    using Acc = Compute<T>;
    constexpr int kStep = kValueWidth<T>;
    const shared<Vec<Acc, kStep>> vectors = shared_cast<Vec<Acc, kStep>>(held);
    for (int index = static_cast<int>(threadIdx.x) * kWidth<Given>; index < count;
         index += kRowThreads<kLanes> * kWidth<Given>) {
        const Pack<Given> pack = load_pack<Reuse::kLater, Given>(given + index);
        JSNORM_UNROLL
        for (int first = 0; first < kWidth<Given>; first += kStep) {
            Vec<Acc, kStep> part;
            JSNORM_UNROLL
            for (int e = 0; e < kStep; ++e) part.v[e] = Acc(pack.get(first + e));
            vectors[lane_order<T>(index + first) / kStep] = part;
        }
    }
}

// Fills `held` with `arrays` arrays for the tile that begins at element `first`. Every thread of
// the block takes part.
template <class T, int kLanes>
JSNORM_DEVICE void hold_parameters(shared<Compute<T>> held, const RowParameters<T> &parameters,
                                   int arrays, int64_t first) {
    using Acc = Compute<T>;
    if (parameters.held == 0) return;
    __syncthreads();
    for (int which = 0; which < arrays; ++which) {
        const GivenArray<T> given = parameters.given[which];
        const shared<Acc> array = held + which * parameters.held;
        const int64_t rest = parameters.count.value - first;
        const int64_t count = rest < parameters.held ? rest : parameters.held;
        if (parameters.wide != 0 && given.as_float != nullptr) {
            hold_vectors<T, kLanes>(array, given.as_float + first, count);
        } else if (parameters.wide != 0 && given.as_x != nullptr) {
            hold_vectors<T, kLanes>(array, given.as_x + first, count);
        } else {
            const Acc absent = which == kGamma ? Acc(1) : Acc(0);
            for (int index = static_cast<int>(threadIdx.x); index < count;
                 index += kRowThreads<kLanes>) {
                array[lane_order<T>(index)] = given_at(given, first + index, absent);
            }
        }
        // Of the last vector of a row, so that nothing is read that was not written.
        const int end = static_cast<int>((count + kWidth<T> - 1) / kWidth<T>) * kWidth<T>;
        const int beyond = static_cast<int>(count + threadIdx.x);
        if (beyond < end) array[lane_order<T>(beyond)] = Acc(0);
    }
    __syncthreads();
}

// That of the cell of a span; where it belongs to elements, nothing.
template <class T>
JSNORM_DEVICE Compute<T> cell_parameter(const RowParameters<T> &parameters, int which,
                                        const RowSpan &span) {
    if (parameters.per_element != 0 || span.count == 0) return Compute<T>(0);
    return load(parameters.values[which] + parameter_of(parameters.count, span.cell));
}

// One of gamma and beta for a span.
template <class T, int kLanes>
struct SpanParameter {
    using Acc = Compute<T>;
    Acc of_cell;
    global<const Acc> in_memory = nullptr;
    shared<const Acc> held = nullptr;
    int32_t per_element;
    bool is_held;

    JSNORM_DEVICE SpanParameter(const RowParameters<T> &parameters, int which, const RowSpan &span,
                                shared<const Acc> block_holds, Acc cell_value)
        : of_cell(cell_value), per_element(parameters.per_element), is_held(parameters.held != 0) {
        if (is_held) {
            held = block_holds + which * parameters.held;
        } else if (per_element != 0) {
            in_memory = parameters.values[which] + span.first;
        }
    }

    // Of the elements of vector i.
    JSNORM_DEVICE void vector(int i, int lane, Acc (&result)[kWidth<T>]) const {
        constexpr int kStep = kValueWidth<T>;
        JSNORM_UNROLL
        for (int step = 0; step < kWidth<T> / kStep; ++step) {
            Vec<Acc, kStep> part;
            const int at = lane_values<T, kLanes>(i, step, lane);
            if (is_held) {
                part = shared_cast<const Vec<Acc, kStep>>(held)[at / kStep];
            } else if (per_element != 0) {
                part = load_vec<kStep>(in_memory + at);
            } else {
                JSNORM_UNROLL
                for (int e = 0; e < kStep; ++e) part.v[e] = of_cell;
            }
            JSNORM_UNROLL
            for (int e = 0; e < kStep; ++e) result[step * kStep + e] = part.v[e];
        }
    }
};

template <class T, int kLanes>
JSNORM_DEVICE SpanParameter<T, kLanes> span_parameter(const RowParameters<T> &parameters, int which,
                                                      const RowSpan &span,
                                                      shared<const Compute<T>> held) {
    return {parameters, which, span, held, cell_parameter(parameters, which, span)};
}

}  // namespace jsnorm::gpu
