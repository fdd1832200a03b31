// SPDX-License-Identifier: Apache-2.0
//
// Correct kernels give right answers and no report, in whatever order threads run.

#include "tests/simt/simt_test.hpp"

namespace jsnorm::test {
namespace {

class CleanKernels : public SimtTest, public ::testing::WithParamInterface<unsigned> {
  protected:
    CleanKernels() { simt::config().seed = GetParam(); }
};

JSNORM_DEVICE double block_sum(double sum) {
    JSNORM_SHARED(double, parts, 32);
    JSNORM_UNROLL
    for (int distance = 16; distance > 0; distance /= 2)
        sum += __shfl_xor_sync(kAllLanes, sum, distance);
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = sum;
    __syncthreads();
    sum = 0;
    for (unsigned warp = 0; warp < blockDim.x / 32; warp++) sum += parts[warp];
    __syncthreads();
    return sum;
}

struct Sums {
    global<const float> x;
    global<double> parts;
    global<uint32_t> ticket;
    global<double> sum;
    int64_t count;
};

JSNORM_KERNEL(128, 1) last_block_sum_kernel(Sums p) {
    JSNORM_SHARED(bool, is_last, 1);
    wait_for_previous_kernel();
    double sum = 0;
    const int64_t stride = int64_t{gridDim.x} * blockDim.x * 4;
    int64_t i = (int64_t{blockIdx.x} * blockDim.x + threadIdx.x) * 4;
    for (; i < p.count; i += stride) {
        const Vec<float, 4> values = load_vec_last<4>(p.x + i);
        for (int e = 0; e < 4; e++) sum += values.v[e];
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) {
        store(p.parts + blockIdx.x, sum);
        is_last[0] = ticket_acq_rel(p.ticket) == gridDim.x - 1;
    }
    __syncthreads();
    if (!is_last[0]) return;
    sum = 0;
    for (unsigned part = threadIdx.x; part < gridDim.x; part += blockDim.x)
        sum += load(p.parts + part);
    sum = block_sum(sum);
    if (threadIdx.x == 0) {
        store(p.sum, sum);
        store(p.ticket, 0);
    }
}

TEST_P(CleanKernels, LastBlockSumsWhatAllBlocksLeft) {
    std::vector<float> values(10000);
    for (size_t i = 0; i < values.size(); i++) values[i] = static_cast<float>(i % 7);
    double expected = 0;
    for (float value : values) expected += value;
    Array<float> x(values, "x");
    Array<double> parts(20, "parts"), sum(1, "sum");
    Array<uint32_t> ticket(1, "ticket");
    ticket.clear();
    const Sums arguments{x, parts, ticket, sum, 10000};
    for (int repetition = 0; repetition < 3; repetition++) {
        EXPECT_TRUE(is_clean(simt::launch({{20}, {128}}, last_block_sum_kernel, arguments)));
        EXPECT_EQ(sum.values()[0], expected);
    }
}

JSNORM_KERNEL(64, 1) rounds_kernel(global<int> values, int rounds) {
    const unsigned me = blockIdx.x * blockDim.x + threadIdx.x;
    const unsigned all = gridDim.x * blockDim.x;
    store(values + me, static_cast<int>(me));
    grid_sync();
    for (int round = 0; round < rounds; round++) {
        const int next = load(values + (me + 1) % all);
        grid_sync();
        store(values + me, next + 1);
        grid_sync();
    }
}

TEST_P(CleanKernels, GridBarriersSeparateRounds) {
    Array<int> values(6 * 64, "values");
    EXPECT_TRUE(is_clean(simt::launch({{6}, {64}, 0, true}, rounds_kernel, values, 5)));
    for (int i = 0; i < 6 * 64; i++)
        ASSERT_EQ(values.values()[static_cast<size_t>(i)], (i + 5) % 384 + 5);
}

JSNORM_KERNEL(24, 1) index_kernel(global<unsigned> out) {
    const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    store(out + (block * 24 + thread), block * 100 + thread);
}

TEST_P(CleanKernels, IndicesOfThreeDimensionsCoverEveryThread) {
    Array<unsigned> out(12 * 24);
    EXPECT_TRUE(is_clean(simt::launch({{2, 3, 2}, {2, 3, 4}}, index_kernel, out)));
    for (unsigned i = 0; i < 12 * 24; i++) ASSERT_EQ(out.values()[i], i / 24 * 100 + i % 24);
}

JSNORM_KERNEL(128, 1) histogram_kernel(global<uint32_t> bits, global<const int> x, int count) {
    const int stride = static_cast<int>(gridDim.x * blockDim.x);
    for (int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < count; i += stride) {
        const int value = load(x + i);
        atomic_or(bits + value / 32, 1u << (value % 32));
    }
}

TEST_P(CleanKernels, AtomicsOfManyBlocksMeet) {
    std::vector<int> values(3000);
    for (size_t i = 0; i < values.size(); i++) values[i] = static_cast<int>(i * 7 % 64);
    Array<int> x(values);
    Array<uint32_t> bits(2);
    bits.clear();
    EXPECT_TRUE(is_clean(simt::launch({{16}, {128}}, histogram_kernel, bits, x, 3000)));
    EXPECT_EQ(bits.values(), (std::vector<uint32_t>{0xffffffff, 0xffffffff}));
}

template <class T>
JSNORM_DEVICE T first_of_block(T value) {
    JSNORM_SHARED(T, first, 1);
    __syncthreads();
    if (threadIdx.x == 0) first[0] = value;
    __syncthreads();
    return first[0];
}

JSNORM_KERNEL(64, 1) two_types_kernel(global<double> out) {
    const float single = first_of_block(1.5f + static_cast<float>(threadIdx.x));
    const double both = first_of_block(2.25 + threadIdx.x) + single;
    store(out + threadIdx.x, both);
}

TEST_P(CleanKernels, SharedArraysOfATemplateAreOnePerType) {
    Array<double> out(64);
    EXPECT_TRUE(is_clean(simt::launch({{1}, {64}}, two_types_kernel, out)));
    EXPECT_EQ(out.values(), std::vector<double>(64, 3.75));
}

INSTANTIATE_TEST_SUITE_P(Seeds, CleanKernels, ::testing::Values(0, 1, 2, 3, 4, 5),
                         [](const auto &instance) {
                             return "Seed" + std::to_string(instance.param);
                         });

}  // namespace
}  // namespace jsnorm::test
