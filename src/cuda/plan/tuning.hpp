// SPDX-License-Identifier: Apache-2.0
// Every tuned number of the CUDA backend. None was tuned on a GPU: they follow from bytes in flight
// and from what reductions cost (docs/design.md). A number that a tree depends on changes bits,
// within tolerance.
#pragma once

#include <cstdint>

namespace jsnorm::cuda {

// Lanes that share a row: the fewest whose registers hold it.
inline constexpr int kRowLanes[] = {8, 32, 128, 256};
inline constexpr int kMostRowLanes = 256;

inline constexpr int kMaxElementSumLanes = 128;  // where dgamma and dbeta of elements are summed
inline constexpr int kMaxApplyLanes = 32;        // of apply kernels: no bit depends on them

// Vectors of a plane that a warp takes at once, at most: some batches, so that what a warp does
// once costs little, and few enough that small tensors have a warp for every place.
inline constexpr int64_t kPlanePieceVectors = 512;

// Below this, a run of memory costs too many sectors that are read for a part of them.
inline constexpr int64_t kShortRunBytes = 384;

// A strip of columns is from 128 to 256 bytes of a line wide; up to four times 128 bytes where
// there are few lines to divide among threads.
inline constexpr int64_t kLeastStripLanes = 8;
inline constexpr int64_t kMostStripLanes = 16;
inline constexpr int64_t kWideStripLanes = 32;
inline constexpr int64_t kFewLines = 64;

// Chunks of the columns of a group: all blocks at once on the multiprocessors of an H100, two each
// (more cost 5 % of the statistics of large tensors, and up to half of small ones), and at least as
// many lines a thread as a chain has.
inline constexpr int64_t kColumnUnits = 264;
inline constexpr int64_t kLeastChunkTiles = 4;

// Blocks of an apply kernel of columns: up to here one tile each (H100: 4 % faster than 1056 blocks
// at 400 MB).
inline constexpr int64_t kApplyBlocks = 8448;

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

// The same where a warp takes each.
inline constexpr int64_t kWarpUnits = 4096;

// Bytes of the longest step of a finalize kernel, up to which its steps share a launch. H100: a
// launch costs 1 to 1.5 us, the meeting of a cluster 0.8 us, and a multiprocessor reads about 64
// bytes a cycle from the L2 cache, so that 128 KiB take 1.2 us. Up to the first number a block is
// as fast alone as with others; the last one holds where there are no clusters.
inline constexpr uint64_t kBytesOfShortStep = 8 * 1024;
inline constexpr uint64_t kBytesOfClusterBlock = 128 * 1024;
inline constexpr uint64_t kBytesOfLoneBlock = 48 * 1024;

// dgamma and dbeta of elements: parts of the rows, at least so many rows each, and at most so many
// rows a lane adds up in float. The parts fill the multiprocessors of an H100 once: three blocks
// each for short rows, two for rows of 128 lanes, one for wider ones, whose parts are longest.
inline constexpr int64_t kNarrowPartCount = 396;
inline constexpr int64_t kMiddlePartCount = 264;
inline constexpr int64_t kWidePartCount = 132;
inline constexpr int64_t kMinPartRows = 16;
inline constexpr int64_t kMaxChainRows = 128;

}  // namespace jsnorm::cuda
