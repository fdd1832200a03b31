// SPDX-License-Identifier: Apache-2.0

#include "tests/support/tolerance.hpp"

#include <cstdio>
#include <limits>

namespace jsnorm::test {
namespace {

double largest_of(const std::vector<double> &values) {
    double largest = 0;
    for (const double value : values)
        if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
    return largest;
}

double largest_deviation(const Result &oracle) {
    return std::sqrt(largest_of(oracle.saved_variance));
}

double forward_base(const Case &problem) {
    return is_batch_kind(problem.kind) ? kForwardBatch : kForward;
}

// The error of one value, in units of its scale: 0 where it is as good as equal, infinity where no
// finite size excuses it.
double error_of(double got, double expected, double scale, const Rule &rule) {
    constexpr double inf = std::numeric_limits<double>::infinity();
    if (got == expected) return 0;
    if (std::isnan(got) && std::isnan(expected)) return rule.nan_equals_nan ? 0 : inf;
    if (!std::isfinite(got) || !std::isfinite(expected)) return inf;
    const double difference = std::abs(got - expected);
    if (rule.tiny_is_equal && std::abs(expected) <= kTiny && difference < kFloatStep) return 0;
    return scale > 0 ? difference / scale : inf;
}

}  // namespace

Verdict compare(const std::string &name, const std::vector<double> &got,
                const std::vector<double> &expected, const Rule &rule) {
    Verdict verdict{name, true, 0, rule.tolerance, ""};
    char text[256];
    if (got.size() != expected.size()) {
        std::snprintf(text, sizeof text, "%s: %zu values, expected %zu", name.c_str(), got.size(),
                      expected.size());
        return {name, false, std::numeric_limits<double>::infinity(), rule.tolerance, text};
    }
    for (size_t i = 0; i < got.size(); ++i) {
        const double rounded = round_to(rule.type, expected[i]);
        const double scale = rule.scale.size() == 1 ? rule.scale[0] : rule.scale.at(i);
        const double error = error_of(got[i], rounded, scale, rule);
        if (error <= verdict.worst && !verdict.message.empty()) continue;
        verdict.worst = error;
        std::snprintf(text, sizeof text,
                      "%s[%zu]: got %.17g, expected %.17g, error %.3g of %.3g, tolerance %.3g",
                      name.c_str(), i, got[i], rounded, error, scale, rule.tolerance);
        verdict.message = text;
    }
    verdict.accepted = verdict.worst <= rule.tolerance;
    return verdict;
}

Rule forward_rule(const Case &problem, jsnormDataType_t type, const std::vector<double> &expected,
                  const std::vector<double> &terms) {
    Rule rule{scaled_to(type, forward_base(problem)), terms, type, true, false};
    for (size_t i = 0; i < terms.size(); ++i)
        rule.scale[i] = std::max(std::abs(expected.at(i)), terms[i]);
    return rule;
}

Rule gradient_rule(const Case &problem, jsnormDataType_t type, const std::vector<double> &expected,
                   const std::vector<double> &terms) {
    return {scaled_to(type, forward_base(problem)),
            {std::max(largest_of(expected), largest_of(terms))},
            type,
            false,
            false};
}

Rule parameter_gradient_rule(jsnormDataType_t type, const std::vector<double> &expected,
                             const std::vector<double> &terms) {
    return {scaled_to(type, kParameterGradient),
            {std::max(largest_of(expected), largest_of(terms))},
            type,
            false,
            false};
}

Rule mean_rule(const Case &problem, jsnormDataType_t type, const std::vector<double> &expected,
               const Result &oracle) {
    // Where nothing deviates (R = 1) what is left is the rounding of the means themselves: some
    // places of double, and one of the destination.
    const double rounding =
        largest_of(expected) * (std::ldexp(16.0, -53) + std::ldexp(1.0, -digits_of(type)));
    const double base = forward_base(problem);
    return {base, {largest_deviation(oracle) + rounding / base}, type, false, false};
}

Rule variance_rule(const Case &problem, jsnormDataType_t type,
                   const std::vector<double> &expected) {
    return {2 * forward_base(problem), {largest_of(expected)}, type, false, false};
}

double threshold_condition(const Case &problem, const Result &oracle) {
    double condition = 1;
    if (problem.variance_estimator != JSNORM_ESTIMATOR_LASSO) return condition;
    for (size_t k = 0; k < oracle.saved_variance.size(); ++k) {
        const double left = oracle.shrunk_variance[k] + problem.epsilon;
        if (oracle.shrunk_variance[k] > 0)
            condition = std::max(condition, oracle.saved_variance[k] / left);
    }
    return condition;
}

double condition_of(const Case &problem, const Result &oracle) {
    double condition = 1;
    for (size_t k = 0; k < oracle.saved_mean.size() && k < oracle.shrunk_variance.size(); ++k) {
        const double deviation = std::sqrt(oracle.shrunk_variance[k] + problem.epsilon);
        if (deviation > 0 && std::isfinite(oracle.saved_mean[k]))
            condition = std::max(condition, std::abs(oracle.saved_mean[k]) / deviation);
    }
    return condition * threshold_condition(problem, oracle);
}

Rule double_rule(double condition, const std::vector<double> &expected,
                 const std::vector<double> &terms) {
    return {kDouble * condition,
            {std::max(largest_of(expected), largest_of(terms))},
            JSNORM_DOUBLE,
            false,
            false};
}

std::vector<Verdict> judge(const Case &problem, const Result &got, const Result &expected,
                           const Result &terms, const OutputTypes &types) {
    std::vector<Verdict> verdicts;
    const bool wide = types.type == JSNORM_DOUBLE;
    const double condition = condition_of(problem, terms);
    const double threshold = threshold_condition(problem, terms);
    const bool batch = is_batch_kind(problem.kind);
    const auto check = [&](const char *name, std::vector<double> Result::*output,
                           std::vector<double> Result::*output_terms, jsnormDataType_t type,
                           auto rule, double magnified = 1) {
        const std::vector<double> &actual = got.*output;
        const std::vector<double> &right = expected.*output;
        if (actual.empty() || right.empty()) return;
        const std::vector<double> none;
        const std::vector<double> &size = output_terms ? terms.*output_terms : none;
        // Out of double arithmetic into a float destination (running statistics): only the rounding
        // is float's.
        Rule applied = wide ? double_rule(condition, right, size) : rule(type, right, size);
        if (!wide) applied.tolerance *= magnified;
        if (wide && type != JSNORM_DOUBLE) {
            applied.type = type;
            applied.tolerance = std::max(applied.tolerance, std::ldexp(1.0, -digits_of(type)));
        }
        verdicts.push_back(compare(name, actual, right, applied));
    };
    const auto forward = [&](jsnormDataType_t type, const auto &right, const auto &size) {
        return forward_rule(problem, type, right, size);
    };
    const auto gradient = [&](jsnormDataType_t type, const auto &right, const auto &size) {
        return gradient_rule(problem, type, right, size);
    };
    const auto parameter = [](jsnormDataType_t type, const auto &right, const auto &size) {
        return parameter_gradient_rule(type, right, size);
    };
    const auto mean = [&](jsnormDataType_t type, const auto &right, const auto &) {
        return mean_rule(problem, type, right, terms);
    };
    const auto variance = [&](jsnormDataType_t type, const auto &right, const auto &) {
        return variance_rule(problem, type, right);
    };
    using R = Result;
    const jsnormDataType_t x = types.type, p = types.parameter_type, s = types.running_type;
    check("y", &R::y, &R::y_terms, x, forward, threshold);
    check("saved_mean", &R::saved_mean, nullptr, JSNORM_DOUBLE, mean);
    check("saved_variance", &R::saved_variance, nullptr, JSNORM_DOUBLE, variance);
    check("shrunk_mean", &R::shrunk_mean, nullptr, JSNORM_DOUBLE, mean);
    // What a threshold leaves of the only variance of a tensor has the errors of the whole.
    check("shrunk_variance", &R::shrunk_variance, nullptr, JSNORM_DOUBLE, variance, threshold);
    check("next_running_mean", &R::next_running_mean, nullptr, s, mean);
    check("next_running_variance", &R::next_running_variance, nullptr, s, variance);
    check("y_inference", &R::y_inference, &R::y_inference_terms, x, forward, batch ? 1 : threshold);
    check("dx", &R::dx, &R::dx_terms, x, gradient, threshold);
    check("dz", &R::dz, nullptr, x, gradient);
    check("dgamma", &R::dgamma, &R::dgamma_terms, p, parameter, threshold);
    check("dbeta", &R::dbeta, &R::dbeta_terms, p, parameter);
    check("dx_fixed", &R::dx_fixed, nullptr, x, gradient);
    check("dz_fixed", &R::dz_fixed, nullptr, x, gradient);
    check("dgamma_fixed", &R::dgamma_fixed, &R::dgamma_fixed_terms, p, parameter);
    check("dbeta_fixed", &R::dbeta_fixed, &R::dbeta_fixed_terms, p, parameter);
    return verdicts;
}

}  // namespace jsnorm::test
