// SPDX-License-Identifier: Apache-2.0
// gamma and beta as the lanes of a row read them. If they belong to elements, a block converts the
// parameters of its tile once, into shared memory, and reads them there with every row. If shared
// memory has no room, lanes read a copy in global memory.
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

enum RowParameter : int { kGamma, kBeta, kRowParameterCount };

// Where a kernel finds its parameters.
template <class T>
struct RowParameters {
    int32_t per_element = 0;   // else of the cell: cell modulo P
    int32_t smem_entries = 0;  // of each parameter in shared memory; 0: none are there
    Divisor count;             // P
    int32_t wide = 0;          // the caller's arrays allow accesses of 16 bytes
    GivenArray<T> given[kRowParameterCount];  // the caller's arrays
    // Of elements, where they are not in shared memory: in lane order, aligned to 16 bytes, and
    // readable to the end of the last vector of a row.
    global<const Compute<T>> values[kRowParameterCount] = {};
};

// Converts `count` entries from an aligned address, 16 bytes at a time. Others are not touched.
template <class T, int kLanes, class Given>
JSNORM_DEVICE void stage_vectors(shared<Compute<T>> array, global<const Given> given,
                                 int64_t count) {
    using Acc = Compute<T>;
    constexpr int kStep = kValueWidth<T>;
    const shared<Vec<Acc, kStep>> vectors = shared_cast<Vec<Acc, kStep>>(array);
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

// Fills the first `arrays` arrays of shared memory for the tile that begins at element `first`.
// Takes part: every thread of the block.
template <class T, int kLanes>
JSNORM_DEVICE void stage_parameters(shared<Compute<T>> smem_parameters,
                                    const RowParameters<T> &parameters, int arrays, int64_t first) {
    using Acc = Compute<T>;
    if (parameters.smem_entries == 0) return;
    __syncthreads();
    for (int which = 0; which < arrays; ++which) {
        const GivenArray<T> given = parameters.given[which];
        const shared<Acc> array = smem_parameters + which * parameters.smem_entries;
        const int64_t rest = parameters.count.value - first;
        const int64_t count = rest < parameters.smem_entries ? rest : parameters.smem_entries;
        if (parameters.wide != 0 && given.as_float != nullptr) {
            stage_vectors<T, kLanes>(array, given.as_float + first, count);
        } else if (parameters.wide != 0 && given.as_x != nullptr) {
            stage_vectors<T, kLanes>(array, given.as_x + first, count);
        } else {
            const Acc absent = which == kGamma ? Acc(1) : Acc(0);
            for (int index = static_cast<int>(threadIdx.x); index < count;
                 index += kRowThreads<kLanes>) {
                array[lane_order<T>(index)] = given_at(given, first + index, absent);
            }
        }
        // The rest of a row's last vector, so that lanes read nothing that was not written.
        const int end = static_cast<int>((count + kWidth<T> - 1) / kWidth<T>) * kWidth<T>;
        const int beyond = static_cast<int>(count + threadIdx.x);
        if (beyond < end) array[lane_order<T>(beyond)] = Acc(0);
    }
    __syncthreads();
}

// The parameters of a block's tile in shared memory, staged again only where the tile changes.
template <class T, int kLanes>
struct SmemParameters {
    shared<Compute<T>> values;
    int64_t staged = -1;  // the tile's first element; -1: none is staged

    JSNORM_DEVICE SmemParameters(shared<unsigned char> memory, const BlockMemory &plan)
        : values(shared_cast<Compute<T>>(memory + plan.parameters)) {}

    // Takes part: every thread of the block.
    JSNORM_DEVICE void stage(const RowParameters<T> &parameters, int arrays, int64_t first) {
        if (first == staged) return;
        stage_parameters<T, kLanes>(values, parameters, arrays, first);
        staged = first;
    }
};

// The parameter of a span's cell; 0 if parameters belong to elements.
template <class T>
JSNORM_DEVICE Compute<T> cell_parameter(const RowParameters<T> &parameters, RowParameter which,
                                        const RowSpan &span) {
    if (parameters.per_element != 0 || span.count == 0) return Compute<T>(0);
    const Compute<T> absent = which == kGamma ? Compute<T>(1) : Compute<T>(0);
    return given_at(parameters.given[which], parameter_of(parameters.count, span.cell), absent);
}

// gamma or beta for a span, from one of three places: shared memory, global memory, a register.
template <class T, int kLanes>
struct SpanParameter {
    using Acc = Compute<T>;
    Acc of_cell;
    global<const Acc> in_global = nullptr;
    shared<const Acc> in_shared = nullptr;
    int32_t per_element;
    bool is_in_shared;

    JSNORM_DEVICE SpanParameter(const RowParameters<T> &parameters, RowParameter which,
                                const RowSpan &span, shared<const Acc> smem_parameters,
                                Acc cell_value)
        : of_cell(cell_value),
          per_element(parameters.per_element),
          is_in_shared(parameters.smem_entries != 0) {
        if (is_in_shared) {
            in_shared = smem_parameters + which * parameters.smem_entries;
        } else if (per_element != 0) {
            in_global = parameters.values[which] + span.first;
        }
    }

    // For the elements of vector i.
    JSNORM_DEVICE void vector(int i, int lane, Acc (&result)[kWidth<T>]) const {
        constexpr int kStep = kValueWidth<T>;
        JSNORM_UNROLL
        for (int step = 0; step < kWidth<T> / kStep; ++step) {
            Vec<Acc, kStep> part;
            const int index = lane_values<T, kLanes>(i, step, lane);
            if (is_in_shared) {
                part = shared_cast<const Vec<Acc, kStep>>(in_shared)[index / kStep];
            } else if (per_element != 0) {
                part = load_vec<kStep>(in_global + index);
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
JSNORM_DEVICE SpanParameter<T, kLanes> span_parameter(const RowParameters<T> &parameters,
                                                      RowParameter which, const RowSpan &span,
                                                      shared<const Compute<T>> smem_parameters) {
    return {parameters, which, span, smem_parameters, cell_parameter(parameters, which, span)};
}

}  // namespace jsnorm::gpu
