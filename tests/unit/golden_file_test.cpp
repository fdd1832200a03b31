// SPDX-License-Identifier: Apache-2.0

#include "tests/support/golden_file.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace jsnorm::test {
namespace {

GoldenFile parse(const std::string &text) {
    std::istringstream stream(text);
    return parse_golden(stream, "case.txt");
}

std::string complaint_about(const std::string &text) {
    try {
        parse(text);
    } catch (const std::runtime_error &error) {
        return error.what();
    }
    return "none";
}

const std::string kSmall = "kind batch\nshape 2 1\nx 1 2\n";

TEST(GoldenFile, ReadsWhatIsThereAndDefaultsTheRest) {
    const GoldenFile file = parse(
        "# a comment\n\n  kind group\r\nshape 1 4 1 2\r\ngroups 2\n"
        "x 1 -2.5 3e2 4 5 6 7 8\nmean_estimator LASSO\nepsilon 0.5\n"
        "activation relu\ny 0 0 0 0 0 0 0 1\n");
    EXPECT_EQ(file.problem.kind, JSNORM_GROUP_NORM);
    EXPECT_EQ(file.problem.dims, (std::vector<int64_t>{1, 4, 1, 2}));
    EXPECT_EQ(file.problem.group_count, 2);
    EXPECT_EQ(file.problem.x[1], -2.5);
    EXPECT_EQ(file.problem.mean_estimator, JSNORM_ESTIMATOR_LASSO);
    EXPECT_EQ(file.problem.variance_estimator, JSNORM_ESTIMATOR_JAMES_STEIN);
    EXPECT_EQ(file.problem.epsilon, 0.5);
    EXPECT_EQ(file.problem.activation, JSNORM_ACTIVATION_RELU);
    EXPECT_EQ(file.expected.y.size(), 8u);
    EXPECT_TRUE(file.problem.gamma.empty());
    EXPECT_TRUE(file.problem.dy.empty());
}

TEST(GoldenFile, ReadsEveryKind) {
    EXPECT_EQ(parse(kSmall).problem.kind, JSNORM_BATCH_NORM);
    EXPECT_EQ(parse("kind batch_per_activation\nshape 1 1\nx 1\n").problem.kind,
              JSNORM_BATCH_NORM_PER_ACTIVATION);
    EXPECT_EQ(parse("kind layer_spatial\nshape 1 1\nx 1\n").problem.kind, JSNORM_INSTANCE_NORM);
    EXPECT_EQ(parse("kind layer_token\nshape 1 1\nx 1\n").problem.kind, JSNORM_LAYER_NORM);
}

TEST(GoldenFile, KnowsTheEffectiveFractionOfSampling) {
    EXPECT_EQ(parse(kSmall).problem.effective_fraction, 1);
    const GoldenFile file = parse(kSmall + "mean_estimator SAMPLING\neffective_fraction 0.25\n");
    EXPECT_EQ(file.problem.mean_estimator, JSNORM_ESTIMATOR_SAMPLING);
    EXPECT_EQ(file.problem.effective_fraction, 0.25);
}

TEST(GoldenFile, CountsParametersAndStatisticsAsTheKindHasThem) {
    EXPECT_EQ(parse("kind layer_token\nshape 2 3 4\nx 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 1 2 3 4 "
                    "5 6\ngamma 1 2 3 4\nmean 1 2 3 4 5 6\n")
                  .expected.saved_mean.size(),
              6u);
    EXPECT_EQ(complaint_about("kind layer_token\nshape 1 3 2\nx 1 2 3 4 5 6\nmean 1 2\n"),
              "case.txt:4: mean has 2 values, needs 3");
    EXPECT_EQ(complaint_about("kind batch\nshape 2 1\nx 1 2 3\n"),
              "case.txt:3: x has 3 values, needs 2");
    EXPECT_EQ(complaint_about(kSmall + "gamma 1 2\n"), "case.txt:4: gamma has 2 values, needs 1");
}

TEST(GoldenFile, NamesTheLineOfWhatItDoesNotUnderstand) {
    EXPECT_EQ(complaint_about(kSmall + "sauce 1\n"), "case.txt:4: unknown key sauce");
    EXPECT_EQ(complaint_about("kind cake\n"), "case.txt:1: unknown kind cake");
    EXPECT_EQ(complaint_about(kSmall + "mean_estimator STEIN\n"),
              "case.txt:4: unknown estimator STEIN");
    EXPECT_EQ(complaint_about(kSmall + "activation gelu\n"), "case.txt:4: unknown activation gelu");
    EXPECT_EQ(complaint_about("kind batch\nshape 2 1\nx 1 2,5\n"),
              "case.txt:3: x: 2,5 is not a number");
    EXPECT_EQ(complaint_about("kind batch\nshape 2 -1\n"), "case.txt:2: shape: -1 is not a size");
    EXPECT_EQ(complaint_about(kSmall + "x 1 2\n"), "case.txt:4: x is there twice");
    EXPECT_EQ(complaint_about(kSmall + "factor 0.1 0.2\n"),
              "case.txt:4: factor takes one value, not 2");
    EXPECT_EQ(complaint_about(kSmall + "epsilon -1\n"),
              "case.txt:4: epsilon must be finite and not negative");
}

TEST(GoldenFile, RefusesWhatDoesNotFitTogether) {
    EXPECT_EQ(complaint_about("kind batch\nshape 2 1\n"), "case.txt:2: the file has no x");
    EXPECT_EQ(complaint_about("kind batch\nshape 2\nx 1 2\n"),
              "case.txt:2: shape must have 2 to 8 sizes");
    EXPECT_EQ(complaint_about("kind group\nshape 1 3\nx 1 2 3\ngroups 2\n"),
              "case.txt:4: groups must divide the number of channels");
    EXPECT_EQ(complaint_about(kSmall + "groups 2\n"), "case.txt:4: groups is for kind group");
    EXPECT_EQ(complaint_about(kSmall + "dx 1 2\n"), "case.txt:4: dx needs dy");
    EXPECT_EQ(complaint_about(kSmall + "running_mean 1\n"),
              "case.txt:4: running_mean needs running_variance");
    EXPECT_EQ(complaint_about(kSmall + "running_mean_out 1\nrunning_variance_out 1\nfactor 0.5\n"),
              "case.txt:4: running_mean_out needs running_mean and running_variance, or factor 1");
    EXPECT_EQ(complaint_about(kSmall + "y_inference 1 2\n"),
              "case.txt:4: y_inference needs running statistics");
    EXPECT_EQ(complaint_about("kind layer_token\nshape 1 1\nx 1\nrunning_mean 1\n"),
              "case.txt:4: running_mean is for batch kinds");
    for (const char *fraction : {"0", "1.5"})
        EXPECT_EQ(complaint_about(kSmall + "effective_fraction " + fraction + "\n"),
                  "case.txt:4: effective_fraction must be above 0 and at most 1");
    EXPECT_THROW(read_golden("no such file"), std::runtime_error);
}

TEST(GoldenFile, InfersByTheStatisticsAfterTrainingWhereItHasThem) {
    const std::string before = kSmall + "running_mean 5\nrunning_variance 6\nfactor 0.5\n";
    EXPECT_EQ(inference_case(parse(before)).running_mean, std::vector<double>{5});
    const GoldenFile after = parse(before + "running_mean_out 7\nrunning_variance_out 8\n");
    EXPECT_EQ(inference_case(after).running_mean, std::vector<double>{7});
    EXPECT_EQ(inference_case(after).running_variance, std::vector<double>{8});
    EXPECT_EQ(after.problem.running_mean, std::vector<double>{5});
}

}  // namespace
}  // namespace jsnorm::test
