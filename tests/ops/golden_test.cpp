// SPDX-License-Identifier: Apache-2.0
//
// The golden files through the C API, in every type and both common layouts.

#include <gtest/gtest.h>

#include <tuple>

#include "tests/support/agreement.hpp"

namespace jsnorm::test {
namespace {

class Golden : public testing::TestWithParam<std::tuple<jsnormDataType_t, Layout>> {};

TEST_P(Golden, EveryFileAgreesInEveryOutputItHas) {
    RunOptions options;
    std::tie(options.type, options.layout) = GetParam();
    const std::vector<std::string> paths = golden_paths(golden_directory());
    ASSERT_GE(paths.size(), 30u);
    for (const std::string &path : paths) {
        const GoldenFile file = read_golden(path);
        const Agreement agreement = agree_with_golden(file, options);
        EXPECT_EQ(agreement.complaints, "") << file.name;
        for (const char *output : {"y", "saved_mean", "saved_variance", "shrunk_mean",
                                   "shrunk_variance", "dx", "dgamma", "dbeta", "y_inference"})
            EXPECT_TRUE(agreement.compared(output)) << file.name << " " << output;
        const bool running = !file.expected.next_running_mean.empty();
        EXPECT_EQ(agreement.compared("next_running_mean"), running) << file.name;
        EXPECT_EQ(agreement.compared("next_running_variance"), running) << file.name;
        EXPECT_EQ(agreement.compared("dz"), !file.expected.dz.empty()) << file.name;
    }
}

INSTANTIATE_TEST_SUITE_P(Files, Golden,
                         testing::Combine(testing::ValuesIn(every_data_type()),
                                          testing::Values(Layout::Packed, Layout::ChannelsLast)),
                         [](const auto &instance) {
                             const bool packed = std::get<1>(instance.param) == Layout::Packed;
                             return std::string(name_of(std::get<0>(instance.param))) +
                                    (packed ? "Nchw" : "Nhwc");
                         });

}  // namespace
}  // namespace jsnorm::test
