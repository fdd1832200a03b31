// SPDX-License-Identifier: Apache-2.0
#include "bench/statistics.hpp"

#include <algorithm>

namespace jsnorm::bench {

double quantile(std::vector<double> values, double q) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const double place = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<size_t>(place);
    const size_t above = std::min(below + 1, values.size() - 1);
    const double weight = place - static_cast<double>(below);
    return values[below] + weight * (values[above] - values[below]);
}

double median(const std::vector<double> &values) {
    return quantile(values, 0.5);
}

double spread(const std::vector<double> &values) {
    const double middle = median(values);
    return middle == 0 ? 0 : (quantile(values, 0.75) - quantile(values, 0.25)) / middle;
}

double median_ratio(const std::vector<double> &numerators,
                    const std::vector<double> &denominators) {
    std::vector<double> ratios;
    for (size_t i = 0; i < std::min(numerators.size(), denominators.size()); ++i)
        if (denominators[i] > 0) ratios.push_back(numerators[i] / denominators[i]);
    return median(ratios);
}

}  // namespace jsnorm::bench
