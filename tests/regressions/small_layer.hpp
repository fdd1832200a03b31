// SPDX-License-Identifier: Apache-2.0
//
// Layers small enough that the right values are written down beside them: no shrinkage, no gamma,
// no beta, epsilon 0, unless a test sets them.
#ifndef JSNORM_TESTS_REGRESSIONS_SMALL_LAYER_HPP
#define JSNORM_TESTS_REGRESSIONS_SMALL_LAYER_HPP

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/api_runner.hpp"

namespace jsnorm::test {

using Values = std::vector<double>;

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

inline Case small_layer(jsnormNormKind_t kind, std::vector<int64_t> dims, Values x) {
    Case layer;
    layer.kind = kind;
    layer.dims = std::move(dims);
    layer.mean_estimator = layer.variance_estimator = JSNORM_ESTIMATOR_NONE;
    layer.epsilon = 0;
    layer.x = std::move(x);
    return layer;
}

inline RunResult solve(const Case &layer, jsnormDataType_t type = JSNORM_FLOAT,
                       Layout layout = Layout::Packed) {
    RunOptions options;
    options.type = type;
    options.layout = layout;
    return run(layer, options);
}

inline Values repeated(int64_t times, const Values &pattern) {
    Values values;
    for (int64_t i = 0; i < times; ++i) values.insert(values.end(), pattern.begin(), pattern.end());
    return values;
}

// Within `tolerance` of the largest right value; NaN is NaN, infinity is itself.
inline void expect_values(const char *name, const Values &got, const Values &right,
                          double tolerance = 0) {
    ASSERT_EQ(got.size(), right.size()) << name;
    double largest = 0;
    for (const double value : right)
        if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
    for (size_t i = 0; i < right.size(); ++i) {
        if (std::isnan(right[i])) {
            EXPECT_TRUE(std::isnan(got[i])) << name << "[" << i << "] is " << got[i];
        } else if (std::isinf(right[i])) {
            EXPECT_EQ(got[i], right[i]) << name << "[" << i << "]";
        } else {
            EXPECT_LE(std::abs(got[i] - right[i]), tolerance * largest)
                << name << "[" << i << "] is " << got[i] << ", right is " << right[i];
        }
    }
}

}  // namespace jsnorm::test

#endif
