// SPDX-License-Identifier: Apache-2.0
// Coefficients of a strip: derived from the records by the threads of the block, one column each,
// and read by every thread for its own columns.
#pragma once

#include "kernels/columns/columns.cuh"
#include "kernels/tensor/coefficients.cuh"
#include "kernels/tensor/parameters.cuh"

namespace jsnorm::gpu {

// `kEntries` numbers for each column in shared memory, in an order that lets neighbouring lanes
// read neighbouring 16 bytes.
template <class T, int kEntries>
class StripTable {
  public:
    using Acc = Compute<T>;
    static constexpr int kV = kWidth<T>;
    static constexpr int kPiece = kVectorBytes / static_cast<int>(sizeof(Acc));
    static constexpr int kPieces = kV / kPiece;
    // Pieces of a lane begin in different banks.
    static constexpr int kPadding = kPieces > 1 ? 4 : 0;
    static constexpr int kSize = kEntries * kPieces * (kMostLanes + kPadding) * kPiece;

    JSNORM_DEVICE explicit StripTable(shared<Acc> memory) : values(memory) {}

    // Sets every entry of every column of the strip: load_values(cell, values) fills in those of a
    // cell, and says whether they are to be used. Returns whether all are. Takes part: every thread
    // of the block, which has finished with the values before.
    template <class Load>
    JSNORM_DEVICE bool fill(const Columns &columns, const Strip &strip,
                            const Load &load_values) const {
        const int column = static_cast<int>(threadIdx.x);
        const int64_t in_line = strip.first + column;
        bool usable = true;
        __syncthreads();
        if (column < columns.lanes * kV) {
            Acc entries[kEntries] = {};  // of columns that are no cells
            if (in_line < columns.line_columns) {
                usable = load_values(cell_of(columns, strip, in_line), entries);
            }
            JSNORM_UNROLL
            for (int entry = 0; entry < kEntries; ++entry) {
                const int piece = piece_of(columns, entry, column % kV / kPiece, column / kV);
                values[piece * kPiece + column % kPiece] = entries[entry];
            }
        }
        return __syncthreads_and(usable) != 0;
    }

    // Entries of columns [p*kPiece, (p + 1)*kPiece) of the thread; read again for each tile rather
    // than kept in registers, where a thread has more of them.
    JSNORM_DEVICE void read(const Columns &columns, const ColumnThread &thread, int entry, int p,
                            Acc (&own)[kPiece]) const {
        using Piece = Vec<Acc, kPiece>;
        const shared<const Piece> pieces = shared_cast<const Piece>(values);
        const int lane = kPieces > 1 ? opaque(thread.lane) : thread.lane;
        const Piece piece = pieces[piece_of(columns, entry, p, lane)];
        JSNORM_UNROLL
        for (int e = 0; e < kPiece; ++e) own[e] = piece.v[e];
    }

  private:
    JSNORM_DEVICE static int piece_of(const Columns &columns, int entry, int p, int lane) {
        return (entry * kPieces + p) * (columns.lanes + kPadding) + lane;
    }

    shared<Acc> values;
};

// gamma and beta of a cell.
template <class Acc>
struct CellParameters {
    Acc gamma;
    Acc beta;
};

template <class T>
JSNORM_DEVICE CellParameters<Compute<T>> load_parameters(const Columns &columns,
                                                         const GivenParameters<T> &parameters,
                                                         int64_t cell) {
    const int64_t p = parameter_of(columns.parameters, cell);
    return {gamma_at(parameters.gamma, p), beta_at(parameters.beta, p)};
}

// preactivation() of a strip: in one step by a table of head, scale and shift, unless a column of
// the strip cannot be computed so; then all of its elements go the long way, to the same bits.
template <class T>
class StripPreactivation {
  public:
    using Acc = Compute<T>;
    static constexpr int kV = kWidth<T>;
    enum : int { kHead, kScale, kShift, kEntries };
    using Table = StripTable<T, kEntries>;

    JSNORM_DEVICE explicit StripPreactivation(shared<Acc> values) : table_(values) {}

    // Takes part: every thread of the block.
    JSNORM_DEVICE void fill(const Columns &columns, const Strip &strip,
                            const ForwardArrays<Acc> &forward,
                            const GivenParameters<T> &parameters) {
        in_one_step_ = table_.fill(columns, strip, [&](int64_t cell, Acc(&entries)[kEntries]) {
            const Forward<Acc> coefficients = load_forward(forward, cell);
            const CellParameters<Acc> p = load_parameters(columns, parameters, cell);
            const Affine<Acc> affine =
                affine_of(coefficients.mean.tail, coefficients.rstd, p.gamma, p.beta);
            entries[kHead] = coefficients.mean.head;
            entries[kScale] = affine.scale;
            entries[kShift] = affine.shift;
            return is_exact(affine, coefficients.rstd, p.gamma);
        });
    }
    JSNORM_DEVICE bool in_one_step() const { return in_one_step_; }

    // In the place of x, of the columns of piece p of the thread.
    template <int kLines>
    JSNORM_DEVICE void preactivate(const Columns &columns, const ColumnThread &thread, int p,
                                   Acc (&values)[kLines][Table::kPiece]) const {
        Acc head[Table::kPiece], scale[Table::kPiece], shift[Table::kPiece];
        table_.read(columns, thread, kHead, p, head);
        table_.read(columns, thread, kScale, p, scale);
        table_.read(columns, thread, kShift, p, shift);
        JSNORM_UNROLL
        for (int k = 0; k < kLines; ++k) {
            JSNORM_UNROLL
            for (int e = 0; e < Table::kPiece; ++e) {
                values[k][e] = std::fma(values[k][e] - head[e], scale[e], shift[e]);
            }
        }
    }

  private:
    Table table_;
    bool in_one_step_ = true;
};

// preactivation() the long way, of values of column `in_line`.
template <class T, int kLines>
JSNORM_DEVICE void preactivate_column(const Columns &columns, const Strip &strip, int64_t in_line,
                                      const ForwardArrays<Compute<T>> &forward,
                                      const GivenParameters<T> &parameters,
                                      Compute<T> (&values)[kLines]) {
    using Acc = Compute<T>;
    if (in_line >= columns.line_columns) return;
    const int64_t cell = cell_of(columns, strip, in_line);
    const Forward<Acc> coefficients = load_forward(forward, cell);
    const CellParameters<Acc> p = load_parameters(columns, parameters, cell);
    JSNORM_UNROLL
    for (int i = 0; i < kLines; ++i) {
        values[i] = preactivation_of(values[i], coefficients, p.gamma, p.beta);
    }
}

}  // namespace jsnorm::gpu
