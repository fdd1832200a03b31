// SPDX-License-Identifier: Apache-2.0
//
// Data whose squares are alike: a long sum of them in float rounds to the same side every time, and
// its error grows with the number of terms. Short sums, merged in double, must be within the
// tolerances of any other data.

#include <gtest/gtest.h>

#include <random>

#include "tests/support/agreement.hpp"

namespace jsnorm::test {
namespace {

using Values = std::vector<double>;

// x of element r of channel c.
template <class Element>
Case case_of(int64_t samples, int64_t channels, int64_t spatial, const Element &element) {
    CaseOptions options;
    options.mean_estimator = options.variance_estimator = JSNORM_ESTIMATOR_NONE;
    Case problem = make_case(JSNORM_BATCH_NORM, {samples, channels, spatial}, options);
    for (int64_t n = 0; n < samples; ++n)
        for (int64_t c = 0; c < channels; ++c)
            for (int64_t s = 0; s < spatial; ++s)
                problem.x[static_cast<size_t>((n * channels + c) * spatial + s)] =
                    element(n * spatial + s, c);
    return rounded_to(problem, JSNORM_FLOAT);
}

void expect_agreement(const Case &problem, const std::string &where) {
    RunOptions options;
    options.type = JSNORM_FLOAT;
    for (const Layout layout : {Layout::ChannelsLast, Layout::Packed}) {
        options.layout = layout;
        EXPECT_EQ(agree_with_oracle(problem, options).complaints, "")
            << where << (layout == Layout::Packed ? ", packed" : ", channels last");
    }
}

TEST(AlikeSquares, ElementsOfOneSizeAgreeWithTheOracleHoweverTheirSignsFollowEachOther) {
    std::mt19937 random(11);
    std::uniform_real_distribution<double> size(1, 2);
    for (const int64_t run : {1, 3, 16, 37, 128, 1000, 0}) {
        const Values sizes = {size(random), size(random), size(random), size(random)};
        const Case problem = case_of(8, 4, 1600, [&](int64_t r, int64_t c) {
            const bool positive = run == 0 ? random() % 2 == 0 : r / run % 2 == 0;
            return positive ? sizes[static_cast<size_t>(c)] : -sizes[static_cast<size_t>(c)];
        });
        expect_agreement(problem, "runs of " + std::to_string(run));
    }
}

TEST(AlikeSquares, ZerosAndOneLargeElementAgreeWithTheOracleWhereverThatIs) {
    for (const int64_t place : {0, 1, 7, 100, 2048, 4000, 4096}) {
        const Case problem = case_of(17, 4, 241, [&](int64_t r, int64_t c) {
            return r == (place + c * 5) % 4097 ? 2109087.0 : 0.0;
        });
        expect_agreement(problem, "at " + std::to_string(place));
    }
}

// Rows of one tile, and of several.
TEST(AlikeSquares, RowsOfZerosAndOneLargeElementAgreeWithTheOracle) {
    for (const int64_t length : {512, 513, 4096, 9000}) {
        CaseOptions options;
        options.mean_estimator = options.variance_estimator = JSNORM_ESTIMATOR_NONE;
        Case problem = make_case(JSNORM_LAYER_NORM, {1, 3, length}, options);
        for (size_t e = 0; e < problem.x.size(); ++e) {
            const auto place = static_cast<int64_t>(e) % (length + 5);
            problem.x[e] = place == 0 ? 2109087.0 : 0.0;
        }
        expect_agreement(rounded_to(problem, JSNORM_FLOAT), "length " + std::to_string(length));
    }
}

}  // namespace
}  // namespace jsnorm::test
