// SPDX-License-Identifier: Apache-2.0
//
// The operations in phases: of one part they are the fused operation, bit for bit; empty parts
// change no bit; any parts agree with the oracle's solution of the whole.

#include <gtest/gtest.h>

#include "tests/ops/same_bits.hpp"
#include "tests/support/agreement.hpp"
#include "tests/support/phase_part.hpp"
#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

using Sizes = std::vector<int64_t>;

const std::vector<jsnormNormKind_t> kBatchKinds = {JSNORM_BATCH_NORM,
                                                   JSNORM_BATCH_NORM_PER_ACTIVATION};

// What the fused training and backward have, too.
const std::vector<std::string> kFused = {
    "y",  "saved_mean", "saved_variance", "shrunk_mean",       "shrunk_variance",
    "dx", "dgamma",     "dbeta",          "next_running_mean", "next_running_variance",
    "dz", "mask"};

RunOptions options_of(jsnormDataType_t type, Layout layout = Layout::Packed) {
    RunOptions options;
    options.type = type;
    options.layout = layout;
    options.thread_count = 1;
    options.inference = options.backward_fixed = false;
    return options;
}

void expect_one_part_is_fused(const Case &problem, const RunOptions &options) {
    const Outputs fused = run(problem, options).raw;
    const Outputs phased = run_phases(problem, options, {{problem.dims[0]}}).raw;
    EXPECT_EQ(differences(only(phased, kFused), fused), "")
        << describe(problem) << " " << name_of(options.layout) << (options.use_mask ? " mask" : "");
}

class Phases : public testing::TestWithParam<jsnormDataType_t> {};

// gamma, beta, ReLU, residual, mask: every combination; without z the sign is recomputed or masked.
TEST_P(Phases, OfOnePartAreTheFusedOperationsBitForBit) {
    for (const jsnormNormKind_t kind : kBatchKinds)
        for (const Layout layout : every_layout())
            for (unsigned choice = 0; choice < 32; ++choice) {
                CaseOptions case_options;
                case_options.gamma = (choice & 1) != 0;
                case_options.beta = (choice & 2) != 0;
                case_options.activation =
                    (choice & 4) != 0 ? JSNORM_ACTIVATION_RELU : JSNORM_ACTIVATION_NONE;
                case_options.residual = (choice & 8) != 0;
                RunOptions options = options_of(GetParam(), layout);
                options.use_mask = (choice & 16) != 0;
                options.dz = options.use_mask || (choice & 4) == 0;
                expect_one_part_is_fused(make_case(kind, {4, 5, 3}, case_options), options);
            }
}

TEST_P(Phases, OfOnePartAreTheFusedOperationsBitForBitBeyondATileOfRowsAndOfColumns) {
    const std::vector<Case> problems = {make_case(JSNORM_BATCH_NORM, {3, 2, 1400}),
                                        make_case(JSNORM_BATCH_NORM, {260, 66}),
                                        make_case(JSNORM_BATCH_NORM_PER_ACTIVATION, {260, 5, 14})};
    for (Case problem : problems)
        for (const Layout layout : {Layout::Packed, Layout::ChannelsLast, Layout::Strided}) {
            expect_one_part_is_fused(problem, options_of(GetParam(), layout));
            problem.activation = JSNORM_ACTIVATION_RELU;
            expect_one_part_is_fused(problem, options_of(GetParam(), layout));
        }
}

TEST_P(Phases, OfOnePartAreTheFusedOperationsBitForBitForEveryEstimator) {
    for (const auto &[mean, variance] : every_estimator_pair())
        for (const auto mode : {JSNORM_RUNNING_SHRUNK, JSNORM_RUNNING_RAW})
            for (const bool global : {false, true}) {
                CaseOptions case_options;
                case_options.mean_estimator = mean;
                case_options.variance_estimator = variance;
                Case problem = make_case(JSNORM_BATCH_NORM, {4, 5, 3}, case_options);
                problem.running_mode = mode;
                const RunOptions options = options_of(GetParam());
                PhaseOptions phases = {{4}};
                phases.global_parameter_gradients = global;
                EXPECT_EQ(differences(only(run_phases(problem, options, phases).raw, kFused),
                                      run(problem, options).raw),
                          "")
                    << describe(problem);
            }
}

// The fused operations finish such channels one by one, phases know them as one group.
TEST_P(Phases, OfOnePartAreTheFusedOperationsBitForBitForPlanesThatNothingCouples) {
    CaseOptions case_options;
    case_options.mean_estimator = JSNORM_ESTIMATOR_RIDGE;
    case_options.variance_estimator = JSNORM_ESTIMATOR_NONE;
    for (const Sizes &dims : {Sizes{6, 11, 5500}, Sizes{40, 301, 21}}) {
        Case problem = make_case(JSNORM_BATCH_NORM, dims, case_options);
        expect_one_part_is_fused(problem, options_of(GetParam()));
        problem.activation = JSNORM_ACTIVATION_RELU;
        expect_one_part_is_fused(problem, options_of(GetParam()));
    }
}

TEST_P(Phases, OfEmptyPartsInAnyPlaceChangeNoBit) {
    for (const jsnormNormKind_t kind : kBatchKinds)
        for (const Layout layout : {Layout::Packed, Layout::ChannelsLast})
            for (const auto activation : {JSNORM_ACTIVATION_NONE, JSNORM_ACTIVATION_RELU})
                for (const jsnormRecordFormat_t format :
                     {JSNORM_RECORD_MOMENTS, JSNORM_RECORD_SUMS, JSNORM_RECORD_SUMS_FLOAT}) {
                    CaseOptions case_options;
                    case_options.activation = activation;
                    const Case problem = make_case(kind, {7, 6, 3}, case_options);
                    const RunOptions options = options_of(GetParam(), layout);
                    PhaseOptions phases = {{7}, format};
                    phases.global_parameter_gradients = true;
                    Outputs one = run_phases(problem, options, phases).raw;
                    one.erase("mask");  // which the runner keeps of a single part alone
                    for (const Sizes &sizes : {Sizes{0, 7}, Sizes{7, 0}, Sizes{0, 0, 7, 0}}) {
                        phases.part_sizes = sizes;
                        EXPECT_EQ(differences(run_phases(problem, options, phases).raw, one), "")
                            << describe(problem) << testing::PrintToString(sizes);
                    }
                    phases.part_sizes = {3, 4};
                    const Outputs two = run_phases(problem, options, phases).raw;
                    for (const Sizes &sizes : {Sizes{0, 3, 4}, Sizes{3, 0, 4}, Sizes{3, 4, 0},
                                               Sizes{0, 3, 0, 0, 4, 0}}) {
                        phases.part_sizes = sizes;
                        EXPECT_EQ(differences(run_phases(problem, options, phases).raw, two), "")
                            << describe(problem) << testing::PrintToString(sizes);
                    }
                }
}

Sizes random_partition(int64_t samples, Random &random) {
    Sizes sizes;
    while (samples > 0) {
        sizes.push_back(random.integer(0, samples));
        samples -= sizes.back();
    }
    return sizes;
}

// A Case as the library sees it, in a type, and its solution.
struct Whole {
    Whole(const Case &problem, jsnormDataType_t t) : type(t), given(rounded_to(problem, t)) {
        silence_kinks(given, kSilence);
        solution = oracle_backward(given);
    }
    void expect_agreement(const RunResult &got, const std::string &what, double looser = 1) const {
        const jsnormDataType_t vectors = default_parameter_type(type);
        for (const Verdict &verdict :
             judge(given, got, solution, solution, {type, vectors, vectors}))
            EXPECT_LE(verdict.worst, looser * verdict.tolerance)
                << describe(given) << " " << name_of(type) << " " << what << "\n"
                << verdict.message;
        EXPECT_FALSE(got.dx.empty());
        EXPECT_FALSE(got.dgamma.empty());
    }
    jsnormDataType_t type;
    Case given;
    Result solution;
};

TEST_P(Phases, OfAnyPartsAgreeWithTheOracleInEveryFormat) {
    // Sums of squares cancel to the variance: records of float sums keep some 2^-24 of them.
    const double float_sums = GetParam() == JSNORM_DOUBLE ? 1e7 : 10;
    Random random(3);
    for (const jsnormNormKind_t kind : kBatchKinds)
        for (const Sizes &dims : {Sizes{9, 6, 4}, Sizes{30, 5}})
            for (const Layout layout : every_layout()) {
                CaseOptions case_options;
                case_options.activation = JSNORM_ACTIVATION_RELU;
                case_options.residual = is_dense(layout);
                case_options.epsilon = 0.05;  // some of the statistics are of few elements
                const Whole whole(make_case(kind, dims, case_options), GetParam());
                const RunOptions options = options_of(GetParam(), layout);
                for (int round = 0; round < 6; ++round) {
                    PhaseOptions phases = {random_partition(dims[0], random)};
                    phases.global_parameter_gradients = round % 2 == 0;
                    const std::string what =
                        name_of(layout) + testing::PrintToString(phases.part_sizes);
                    whole.expect_agreement(run_phases(whole.given, options, phases), what);
                    phases.record_format = JSNORM_RECORD_SUMS;
                    whole.expect_agreement(run_phases(whole.given, options, phases), what + " sums",
                                           10);
                    phases.add_records = true;
                    whole.expect_agreement(run_phases(whole.given, options, phases),
                                           what + " added sums", 10);
                    phases.add_records = false;
                    phases.record_format = JSNORM_RECORD_SUMS_FLOAT;
                    whole.expect_agreement(run_phases(whole.given, options, phases),
                                           what + " sums in float", float_sums);
                }
            }
}

// The library adds gathered sums in the order of the parts, as the runner does.
TEST_P(Phases, GiveTheSameBitsFromGatheredSumsAndFromTheirSum) {
    for (const jsnormNormKind_t kind : kBatchKinds)
        for (const Sizes &dims : {Sizes{9, 6, 4}, Sizes{7, 33}, Sizes{5, 4100}})
            for (const auto estimator : {JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_JAMES_STEIN})
                for (const bool global : {false, true}) {
                    CaseOptions case_options;
                    case_options.mean_estimator = case_options.variance_estimator = estimator;
                    const Case problem = make_case(kind, dims, case_options);
                    for (const Sizes &sizes :
                         {Sizes{dims[0]}, Sizes{2, dims[0] - 2}, Sizes{1, 0, dims[0] - 3, 2}}) {
                        PhaseOptions phases = {sizes};
                        phases.global_parameter_gradients = global;
                        const Outputs summed =
                            run_phases(problem, options_of(GetParam()), phases).raw;
                        phases.gather_sums = true;
                        const Outputs gathered =
                            run_phases(problem, options_of(GetParam()), phases).raw;
                        EXPECT_EQ(differences(gathered, summed), "")
                            << describe(problem) << testing::PrintToString(sizes);
                    }
                }
}

// How noisy SAMPLING takes a statistic to be depends on the elements of all parts: parts of one
// element each shrink as their whole does, and a whole of one element is not shrunk.
TEST_P(Phases, OfPartsOfOneElementCountForSamplingTogether) {
    CaseOptions case_options;
    case_options.mean_estimator = case_options.variance_estimator = JSNORM_ESTIMATOR_SAMPLING;
    const RunOptions options = options_of(GetParam());
    const Whole whole(make_case(JSNORM_BATCH_NORM, {5, 6}, case_options), GetParam());
    for (const Sizes &sizes : {Sizes{1, 1, 1, 1, 1}, Sizes{1, 0, 4}, Sizes{5}})
        whole.expect_agreement(run_phases(whole.given, options, {sizes}),
                               testing::PrintToString(sizes));

    Case single = make_case(JSNORM_BATCH_NORM, {1, 6}, case_options);
    const Outputs sampling = run_phases(single, options, {{0, 1, 0}}).raw;
    single.mean_estimator = single.variance_estimator = JSNORM_ESTIMATOR_NONE;
    EXPECT_EQ(differences(run_phases(single, options, {{0, 1, 0}}).raw, sampling), "");
}

TEST_P(Phases, OfPartsOfDifferentSpatialSizesAgreeWithTheOracle) {
    // Channel by channel the parts are stretches of one sample of 3*4 + 2*7 + 0 + 1*11 elements.
    const std::vector<std::pair<int64_t, int64_t>> shapes = {{3, 4}, {2, 7}, {0, 5}, {1, 11}};
    constexpr int64_t kChannels = 6;
    constexpr int64_t kElements = 12 + 14 + 11;
    const Whole whole(make_case(JSNORM_BATCH_NORM, {1, kChannels, kElements}), GetParam());
    const RunOptions options = options_of(GetParam());
    std::deque<Part> parts;
    int64_t begin = 0;
    // Element e of a part is element source(e) of the whole.
    const auto source = [&](const Part &part, int64_t first, int64_t e) {
        const int64_t spatial = part.problem.dims[2];
        const int64_t r = first + e / (kChannels * spatial) * spatial + e % spatial;
        return static_cast<size_t>(e / spatial % kChannels * kElements + r);
    };
    Sizes begins;
    for (const auto &[samples, spatial] : shapes) {
        Case problem = whole.given;
        problem.dims = {samples, kChannels, spatial};
        parts.emplace_back(std::move(problem), options, JSNORM_PARAMETER_GRADIENT_LOCAL);
        Part &part = parts.back();
        const auto count = static_cast<size_t>(element_count(part.problem));
        part.problem.x.resize(count);
        part.problem.dy.resize(count);
        for (size_t e = 0; e < count; ++e) {
            const size_t from = source(part, begin, static_cast<int64_t>(e));
            part.problem.x[e] = whole.given.x[from];
            part.problem.dy[e] = whole.given.dy[from];
        }
        begins.push_back(begin);
        begin += samples * spatial;
    }
    Bytes records;
    for (Part &part : parts) {
        forward_statistics(part, JSNORM_RECORD_MOMENTS);
        const Bytes &record = part.result.raw.at("record");
        records.insert(records.end(), record.begin(), record.end());
    }
    Values sums(2 * kChannels);
    for (Part &part : parts) {
        forward_finalize(part, records, static_cast<int64_t>(parts.size()), JSNORM_RECORD_MOMENTS);
        EXPECT_EQ(values_of<int64_t>(part.result.raw.at("total_count")), Sizes{kElements});
        forward_apply(part);
        backward_reduce(part);
        const Values local = values_of<double>(part.result.raw.at("sums"));
        for (size_t i = 0; i < sums.size(); ++i) sums[i] += local[i];
    }
    RunResult got;
    got.saved_mean = parts[0].result.saved_mean;
    got.saved_variance = parts[0].result.saved_variance;
    got.y.resize(whole.given.x.size());
    got.dx.resize(whole.given.x.size());
    got.dgamma.resize(kChannels);
    got.dbeta.resize(kChannels);
    for (size_t i = 0; i < parts.size(); ++i) {
        Part &part = parts[i];
        backward_finalize(part, sums, 0);
        backward_apply(part);
        for (size_t e = 0; e < part.result.y.size(); ++e) {
            const size_t to = source(part, begins[i], static_cast<int64_t>(e));
            got.y[to] = part.result.y[e];
            got.dx[to] = part.result.dx[e];
        }
        for (size_t c = 0; c < kChannels; ++c) {
            got.dgamma[c] += part.result.dgamma[c];
            got.dbeta[c] += part.result.dbeta[c];
        }
    }
    whole.expect_agreement(got, "parts of different spatial sizes");
}

INSTANTIATE_TEST_SUITE_P(Types, Phases, testing::ValuesIn(every_data_type()),
                         [](const auto &with) { return std::string(name_of(with.param)); });

}  // namespace
}  // namespace jsnorm::test
