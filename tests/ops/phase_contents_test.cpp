// SPDX-License-Identifier: Apache-2.0
//
// What the phases leave behind: records, counts, coefficients, and the scope of dgamma and dbeta.

#include <gtest/gtest.h>

#include "tests/support/phase_part.hpp"
#include "tests/support/tolerance.hpp"

namespace jsnorm::test {
namespace {

const std::vector<jsnormNormKind_t> kBatchKinds = {JSNORM_BATCH_NORM,
                                                   JSNORM_BATCH_NORM_PER_ACTIVATION};

RunOptions options_of(jsnormDataType_t type) {
    RunOptions options;
    options.type = type;
    options.thread_count = 1;
    return options;
}

void expect_near(const char *name, const Values &got, const Values &expected, double tolerance) {
    Rule rule = double_rule(1, expected);
    rule.tolerance = tolerance;
    const Verdict verdict = compare(name, got, expected, rule);
    EXPECT_TRUE(verdict.accepted) << verdict.message;
}

TEST(PhasesRecord, HoldsItsHeaderAndTheMomentsOrTheSumsOfItsPart) {
    for (const jsnormNormKind_t kind : kBatchKinds)
        for (const jsnormDataType_t type : every_data_type())
            for (const int64_t samples : {6, 1, 0}) {
                const Case problem = rounded_to(make_case(kind, {samples, 5, 3}), type);
                const RunOptions options = options_of(type);  // which the part refers to
                Part part(problem, options, JSNORM_PARAMETER_GRADIENT_LOCAL);
                const View view = view_of(problem);
                const auto K = static_cast<size_t>(view.statistics_per_group);
                const int64_t R = view.elements_per_statistic;
                const Result solution = oracle_forward(problem);
                for (const auto format : {JSNORM_RECORD_MOMENTS, JSNORM_RECORD_SUMS}) {
                    SCOPED_TRACE(describe(problem) + " " + name_of(type));
                    forward_statistics(part, format);
                    const Bytes &record = part.result.raw.at("record");
                    jsnormRecordHeader_t header;
                    std::memcpy(&header, record.data(), sizeof header);
                    EXPECT_EQ(header.count, R);
                    EXPECT_EQ(header.format, format);
                    EXPECT_EQ(header.statistics_per_group, static_cast<int32_t>(K));
                    Values first(K), second(K);
                    for (size_t k = 0; k < K; ++k) {
                        const double mean = solution.saved_mean[k];
                        const double m2 = solution.saved_variance[k] * static_cast<double>(R);
                        const bool sums = format == JSNORM_RECORD_SUMS;
                        first[k] = sums ? mean * static_cast<double>(R) : mean;
                        second[k] = sums ? m2 + mean * mean * static_cast<double>(R) : m2;
                    }
                    const auto *values =
                        reinterpret_cast<const double *>(record.data() + sizeof header);
                    const double tolerance = type == JSNORM_DOUBLE ? 1e-14 : 1e-6;
                    expect_near("first", Values(values, values + K), first, tolerance);
                    expect_near("second", Values(values + K, values + 2 * K), second, tolerance);
                }
            }
}

TEST(PhasesTotalCount, IsTheSumOfTheElementsOfAllParts) {
    const Case problem = make_case(JSNORM_BATCH_NORM, {9, 4, 7});
    const RunResult result = run_phases(problem, options_of(JSNORM_FLOAT), {{2, 0, 3, 4}});
    EXPECT_EQ(values_of<int64_t>(result.raw.at("total_count")), std::vector<int64_t>{9 * 7});
}

// 2K doubles in, P of them out: LOCAL is of this part's sums, GLOBAL of everybody's.
TEST(PhasesScope, LocalGradientsAddUpToTheGlobalOnes) {
    for (const jsnormNormKind_t kind : kBatchKinds)
        for (const jsnormDataType_t type : every_data_type()) {
            const Case problem = make_case(kind, {8, 5, 3});
            const RunOptions options = options_of(type);
            PhaseOptions phases = {{3, 1, 4}};
            const RunResult local = run_phases(problem, options, phases);
            phases.global_parameter_gradients = true;
            const RunResult global = run_phases(problem, options, phases);
            const double tolerance = type == JSNORM_DOUBLE ? 1e-14 : 4 * kFloatStep;
            expect_near("dgamma", local.dgamma, global.dgamma, tolerance);
            expect_near("dbeta", local.dbeta, global.dbeta, tolerance);
        }
}

TEST(PhasesScope, ALocalGradientIsThatOfItsOwnPartAndAGlobalOneIsNot) {
    for (const auto scope : {JSNORM_PARAMETER_GRADIENT_LOCAL, JSNORM_PARAMETER_GRADIENT_GLOBAL}) {
        const Case whole = make_case(JSNORM_BATCH_NORM, {8, 5, 3});
        Case half = whole;
        half.dims[0] = 4;
        half.x.resize(60);
        half.dy.resize(60);
        const RunOptions options = options_of(JSNORM_DOUBLE);
        Part part(half, options, scope);
        forward_statistics(part, JSNORM_RECORD_MOMENTS);
        forward_finalize(part, part.result.raw.at("record"), 1, JSNORM_RECORD_MOMENTS);
        backward_reduce(part);
        Values sums = values_of<double>(part.result.raw.at("sums"));
        const Values dbeta(sums.begin(), sums.begin() + 5);  // sum dy comes first
        Values twice = dbeta;
        for (double &sum : sums) sum *= 2;  // as if another process had the same data
        for (double &sum : twice) sum *= 2;
        backward_finalize(part, sums, 0);
        const bool local = scope == JSNORM_PARAMETER_GRADIENT_LOCAL;
        EXPECT_EQ(part.result.dbeta, local ? dbeta : twice);
        const Values alone = oracle_backward(half).dgamma;
        for (size_t c = 0; c < alone.size(); ++c)
            EXPECT_NEAR(part.result.dgamma[c], (local ? 1 : 2) * alone[c], 1e-12) << c;
    }
}

TEST(PhasesOfNothing, GiveStatisticsOfZeroAndLeaveTheRunningStatisticsAsTheyAre) {
    for (const jsnormNormKind_t kind : kBatchKinds)
        for (const jsnormDataType_t type : every_data_type())
            for (const InPlace place : {InPlace::No, InPlace::Input}) {
                Case problem = rounded_to(make_case(kind, {2, 5, 3}), type);
                problem.dims[0] = 0;
                problem.x = problem.dy = {};
                RunOptions options = options_of(type);
                options.in_place = place;
                const RunResult result = run_phases(problem, options, {{0, 0, 0}});
                const auto K = static_cast<size_t>(view_of(problem).statistics_per_group);
                EXPECT_EQ(result.saved_mean, Values(K, 0.0));
                EXPECT_EQ(result.saved_variance, Values(K, 0.0));
                EXPECT_EQ(result.shrunk_mean, Values(K, 0.0));
                EXPECT_EQ(result.shrunk_variance, Values(K, 0.0));
                EXPECT_EQ(result.next_running_mean, problem.running_mean);
                EXPECT_EQ(result.next_running_variance, problem.running_variance);
                EXPECT_EQ(result.dgamma, Values(problem.gamma.size(), 0.0));
                EXPECT_EQ(result.dbeta, Values(problem.beta.size(), 0.0));
                EXPECT_EQ(values_of<int64_t>(result.raw.at("total_count")),
                          std::vector<int64_t>{0});
            }
}

// P, E, rstd and p, e, rstd, b, t as the header says: with them anybody can do the elementwise
// work.
template <typename T>
void expect_coefficients_give_the_results(jsnormDataType_t type) {
    const Case problem = rounded_to(make_case(JSNORM_BATCH_NORM, {8, 5, 3}), type);
    const RunResult result = run_phases(problem, options_of(type), {{3, 5}});
    const std::vector<T> forward = values_of<T>(result.raw.at("forward_coefficients"));
    const std::vector<T> backward = values_of<T>(result.raw.at("backward_coefficients"));
    constexpr size_t K = 5;
    ASSERT_GE(forward.size(), 3 * K);
    ASSERT_GE(backward.size(), 5 * K);
    for (size_t e = 0; e < problem.x.size(); ++e) {
        const size_t k = e / 3 % K;
        const T x = static_cast<T>(problem.x[e]);
        const T gamma = static_cast<T>(problem.gamma[k]);
        const T dy = static_cast<T>(problem.dy[e]);
        const T xhat = ((x - forward[k]) - forward[K + k]) * forward[2 * K + k];
        const T centred = ((x - backward[k]) - backward[K + k]) * backward[2 * K + k];
        const T y = gamma * xhat + static_cast<T>(problem.beta[k]);
        const T dx = backward[2 * K + k] *
                     ((gamma * dy + backward[3 * K + k]) + backward[4 * K + k] * centred);
        EXPECT_NEAR(result.y[e], static_cast<double>(y), type == JSNORM_FLOAT ? 1e-6 : 1e-14);
        EXPECT_NEAR(result.dx[e], static_cast<double>(dx), type == JSNORM_FLOAT ? 1e-6 : 1e-14);
    }
}

TEST(PhasesCoefficients, GiveYAndDxByTheFormulasOfTheHeader) {
    expect_coefficients_give_the_results<float>(JSNORM_FLOAT);
    expect_coefficients_give_the_results<double>(JSNORM_DOUBLE);
}

}  // namespace
}  // namespace jsnorm::test
