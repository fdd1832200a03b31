// SPDX-License-Identifier: Apache-2.0
// Medians and quartiles of what was measured.
#pragma once

#include <vector>

namespace jsnorm::bench {

// The value below which the fraction q of the sorted values lies, interpolated; 0 of no values.
double quantile(std::vector<double> values, double q);
double median(const std::vector<double> &values);

// (75th - 25th percentile) / median; 0 where the median is.
double spread(const std::vector<double> &values);

// The median of numerators[i] / denominators[i]: both stem from the same round.
double median_ratio(const std::vector<double> &numerators, const std::vector<double> &denominators);

}  // namespace jsnorm::bench
