// SPDX-License-Identifier: Apache-2.0
//
// The counts of sectors and of bank conflicts.

#include <algorithm>

#include "tests/simt/simt_test.hpp"

namespace jsnorm::test {
namespace {

using Traffic = SimtTest;

JSNORM_KERNEL(32, 1) stride_kernel(global<const float> x, global<float> y, int stride) {
    store(y + threadIdx.x, load(x + static_cast<int64_t>(threadIdx.x) * stride));
}

TEST_F(Traffic, SectorsOfARequestFollowTheStride) {
    Array<float> x(std::vector<float>(32 * 16)), y(32);
    for (int stride : {1, 2, 3, 4, 8, 16}) {
        const auto counters = simt::launch({{1}, {32}}, stride_kernel, x, y, stride).counters;
        const auto sectors = static_cast<uint64_t>(std::min(32, 4 * stride));
        EXPECT_EQ(counters.loads.requests, 1u);
        EXPECT_EQ(counters.loads.sectors, sectors) << stride;
        EXPECT_EQ(counters.loads.bytes, 128u);
        EXPECT_EQ(counters.stores.requests, 1u);
        EXPECT_EQ(counters.stores.sectors, 4u);
        EXPECT_EQ(counters.sectors_read, sectors);
        EXPECT_EQ(counters.sectors_written, 4u);
    }
    const auto broadcast = simt::launch({{1}, {32}}, stride_kernel, x, y, 0).counters;
    EXPECT_EQ(broadcast.loads.sectors, 1u);
    EXPECT_EQ(broadcast.loads.bytes, 4u);
}

template <int V>
JSNORM_KERNEL(256, 1)
repeat_kernel(global<const float> x, global<float> y, int rounds) {
    for (int round = 0; round < rounds; round++)
        store_vec<V>(y + V * threadIdx.x, load_vec<V>(x + V * threadIdx.x));
}

TEST_F(Traffic, DistinctSectorsAreCountedOncePerLaunch) {
    Array<float> x(std::vector<float>(1024)), y(1024);
    for (unsigned seed : {0u, 1u, 2u, 3u}) {
        simt::config().seed = seed;
        for (int rounds : {1, 3}) {
            const auto counters =
                simt::launch({{1}, {256}}, repeat_kernel<4>, x, y, rounds).counters;
            EXPECT_EQ(counters.sectors_read, 128u);
            EXPECT_EQ(counters.sectors_written, 128u);
            EXPECT_EQ(counters.loads.sectors, 128u * static_cast<unsigned>(rounds));
            EXPECT_EQ(counters.loads.requests, 8u * static_cast<unsigned>(rounds));
            EXPECT_EQ(counters.stores.bytes, 4096u * static_cast<unsigned>(rounds));
        }
    }
}

template <class T>
JSNORM_KERNEL(32, 1)
bank_kernel(global<T> out, int stride) {
    JSNORM_DYNAMIC_SHARED(T, values);
    const int place = static_cast<int>(threadIdx.x) * stride;
    values[place] = T(1);
    __syncwarp();
    store(out + threadIdx.x, T(values[place]));
}

template <class T>
simt::SharedTraffic shared_traffic(int stride) {
    Array<T> out(32);
    const auto report = simt::launch({{1}, {32}, 32 * sizeof(T) * 33}, bank_kernel<T>, out, stride);
    EXPECT_TRUE(is_clean(report));
    EXPECT_EQ(report.counters.shared.requests, 2u);
    return report.counters.shared;
}

TEST_F(Traffic, WavefrontsFollowTheBanks) {
    EXPECT_EQ(shared_traffic<float>(1).wavefronts, 2u);
    EXPECT_EQ(shared_traffic<float>(2).wavefronts, 4u);
    EXPECT_EQ(shared_traffic<float>(32).wavefronts, 64u);
    EXPECT_EQ(shared_traffic<float>(33).wavefronts, 2u);
    EXPECT_EQ(shared_traffic<float>(0).wavefronts, 2u);  // all read one word
    EXPECT_EQ(shared_traffic<float>(32).ideal, 2u);
    EXPECT_EQ(shared_traffic<double>(1).wavefronts, 4u);  // by half warps
    EXPECT_EQ(shared_traffic<double>(2).wavefronts, 8u);
}

JSNORM_KERNEL(64, 1) diverging_kernel(global<const float> x, global<float> y, int rounds) {
    float sum = 0;
    // Lanes run this loop a different number of times, and one after another.
    for (int i = 0; i < static_cast<int>(threadIdx.x % 32) % rounds + 1; i++)
        sum += load(x + 64 * i + threadIdx.x);
    store(y + threadIdx.x, sum);
}

TEST_F(Traffic, LanesAreGroupedByTheirTurnsAtALine) {
    Array<float> x(std::vector<float>(64 * 4)), y(64);
    const auto report = simt::launch({{1}, {64}}, diverging_kernel, x, y, 4);
    EXPECT_EQ(report.counters.loads.requests, 2u * 4);
    EXPECT_EQ(report.counters.stores.requests, 2u);
    ASSERT_EQ(report.sites.size(), 2u);
    EXPECT_EQ(simt::to_string(report.sites[0].site).rfind("traffic_test.cpp:", 0), 0u);
    EXPECT_EQ(report.sites[0].requests + report.sites[1].requests, 10u);
    const std::string table = simt::traffic_table(report);
    EXPECT_NE(table.find("global load"), std::string::npos) << table;
    EXPECT_NE(table.find("global store"), std::string::npos) << table;
}

TEST_F(Traffic, LaunchesAreKeptByNameOnRequest) {
    Array<float> x(std::vector<float>(1024)), y(1024);
    const simt::Counters before = simt::totals();
    simt::launch({{1}, {256}}, repeat_kernel<4>, x, y, 1);
    EXPECT_TRUE(simt::take_launches().empty());
    simt::config().keep_launches = true;
    simt::LaunchConfig named{{1}, {256}};
    named.name = "repeat";
    simt::launch(named, repeat_kernel<4>, x, y, 1);
    simt::launch(named, repeat_kernel<4>, x, y, 2);
    const auto launches = simt::take_launches();
    ASSERT_EQ(launches.size(), 2u);
    EXPECT_EQ(launches[0].name, "repeat");
    EXPECT_EQ(launches[1].block.x, 256u);
    EXPECT_EQ(launches[1].counters.loads.sectors, 256u);
    EXPECT_TRUE(simt::take_launches().empty());
    EXPECT_EQ(simt::totals().launches - before.launches, 3u);
    EXPECT_EQ(simt::totals().sectors_read - before.sectors_read, 3u * 128);
    const std::string table = simt::traffic_table(launches);
    EXPECT_NE(table.find("repeat"), std::string::npos) << table;
    EXPECT_NE(table.find("12288"), std::string::npos) << table;  // bytes read by requests
}

}  // namespace
}  // namespace jsnorm::test
