// SPDX-License-Identifier: Apache-2.0
// Every tuned number of the CUDA backend. None was tuned on a GPU: they follow from bytes in flight
// and from what reductions cost (docs/design.md). A number that a tree depends on changes bits,
// within tolerance.
#pragma once

#include <cstdint>

namespace jsnorm::cuda {

// Lanes that share a row: the fewest whose registers hold it.
inline constexpr int kRowLanes[] = {8, 32, 128, 256};

inline constexpr int kMaxElementSumLanes = 128;  // where dgamma and dbeta of elements are summed

// Below this, a run of memory costs too many sectors that are read for a part of them.
inline constexpr int64_t kShortRunBytes = 384;

// A strip of columns is this many 16-byte vectors wide: 128 bytes of a line, four sectors; four
// times that where there are few lines to divide among threads.
inline constexpr int kStripLanes = 8;
inline constexpr int kWideStripLanes = 32;
inline constexpr int64_t kFewLines = 64;

// Groups that a block keeps on chip: the most tiles that one thread sees of a group, and the most
// bytes of shared memory for waiting tiles. Two blocks then share a multiprocessor, and one loads
// while the other computes.
inline constexpr int64_t kMaxRounds = 8;
inline constexpr int64_t kMaxStashBytes = 64 * 1024;

// Blocks that keep gamma and beta of elements in shared memory are launched for so many threads of
// a multiprocessor.
inline constexpr int64_t kHoldingThreads = 512;

// Units of work to aim for: several waves on the largest GPU, few enough that partial results are
// small beside the tensor.
inline constexpr int64_t kUnits = 2048;
inline constexpr int64_t kMaxRowChunkTiles = 16;
inline constexpr int64_t kMaxColumnChunkTiles = 32;  // 256 terms in a float chain of gradients

// dgamma and dbeta of elements: parts of the rows, at least so many rows each, and at most so many
// rows a lane adds up in float.
inline constexpr int64_t kParameterParts = 256;
inline constexpr int64_t kMinPartRows = 16;
inline constexpr int64_t kMaxChainRows = 128;

}  // namespace jsnorm::cuda
