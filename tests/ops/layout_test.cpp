// SPDX-License-Identifier: Apache-2.0
//
// Any strides, of each tensor on its own: results agree with the oracle, bytes between the elements
// stay as they were (PlacedRun looks), and what is computed from x alone does not depend on where
// y lies.

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "tests/ops/placed_run.hpp"
#include "tests/support/agreement.hpp"
#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

using Dims = std::vector<int64_t>;
using Strides = std::vector<int64_t>;
using Values = std::vector<double>;

const std::vector<std::string> kTensors = {"x", "z", "y", "dy", "dx", "dz"};

std::vector<size_t> row_major_order(size_t rank) {
    std::vector<size_t> order(rank);
    std::iota(order.begin(), order.end(), size_t{0});
    return order;
}

std::vector<size_t> channels_last_order(size_t rank) {
    std::vector<size_t> order = row_major_order(rank);
    std::rotate(order.begin() + 1, order.begin() + 2, order.end());
    return order;
}

// A problem in one type, with the oracle's solution of it.
class Solved {
  public:
    Solved(const Case &problem, jsnormDataType_t type)
        : problem_(prepared(problem, type)), placed_(problem_, type), solution_(oracle(problem_)) {}

    const PlacedCase &placed() const { return placed_; }
    void expect_agreement(const PlacedOptions &options, const std::string &where) const {
        const OutputTypes types = {placed_.type(), placed_.vector_type(), placed_.vector_type()};
        const Result got = placed_.values(placed_.run(options));
        const std::vector<Verdict> verdicts = judge(problem_, got, solution_, solution_, types);
        EXPECT_GE(verdicts.size(), 6u);
        for (const Verdict &verdict : verdicts)
            EXPECT_TRUE(verdict.accepted)
                << describe(problem_) << " " << name_of(placed_.type()) << " " << where << "\n"
                << verdict.message;
    }

  private:
    static Case prepared(const Case &problem, jsnormDataType_t type) {
        Case given = rounded_to(problem, type);
        silence_kinks(given, kSilence);
        return given;
    }
    Case problem_;
    PlacedCase placed_;
    Result solution_;
};

Case relu_case(jsnormNormKind_t kind, const Dims &dims, bool residual = true) {
    CaseOptions options;
    options.activation = JSNORM_ACTIVATION_RELU;
    options.residual = residual;
    return make_case(kind, dims, options);
}

class LayoutAgreement : public testing::TestWithParam<jsnormNormKind_t> {};

TEST_P(LayoutAgreement, TheNamedLayoutsOfEveryRankAgreeWithTheOracleInEveryType) {
    // (N, C); NCL, NLC; NCHW, NHWC; NCDHW, NDHWC. Small ones, and some beyond a block of columns, a
    // tile of rows and a tile of columns.
    const std::vector<Dims> shapes = {{6, 5},       {300, 70},     {5, 6, 4},      {2, 3, 4200},
                                      {2, 1030, 3}, {3, 4, 2, 5},  {3, 66, 9, 10}, {2, 3, 2, 3, 2},
                                      {40, 3},      {2, 130, 2, 3}};
    for (const Dims &dims : shapes)
        for (const jsnormDataType_t type : every_data_type()) {
            const Solved solved(relu_case(GetParam(), dims), type);
            solved.expect_agreement(all_in(ordered_strides(dims, row_major_order(dims.size()))),
                                    "row-major");
            if (dims.size() > 2)
                solved.expect_agreement(
                    all_in(ordered_strides(dims, channels_last_order(dims.size()))),
                    "channels last");
        }
}

TEST_P(LayoutAgreement, EveryOrderOfTheAxesAgreesWithTheOracleWithAndWithoutGaps) {
    for (const Dims &dims :
         {Dims{3, 4, 2, 5}, Dims{4, 1, 3, 2}, Dims{1, 4, 3, 2}, Dims{3, 4, 5, 1}})
        for (const bool residual : {true, false}) {
            const Solved solved(relu_case(GetParam(), dims, residual), JSNORM_FLOAT);
            for (const std::vector<size_t> &order : every_order(dims.size()))
                for (const int64_t gap : {0, 1, 3}) {
                    const Strides strides = ordered_strides(dims, order, gap);
                    solved.expect_agreement(all_in(strides), testing::PrintToString(strides));
                }
        }
}

TEST_P(LayoutAgreement, AnySignsOfTheStridesAgreeWithTheOracle) {
    const Dims dims = {3, 4, 2, 5};
    const Solved solved(relu_case(GetParam(), dims, false), JSNORM_FLOAT);
    for (const std::vector<size_t> &order :
         {row_major_order(4), channels_last_order(4), std::vector<size_t>{3, 1, 0, 2}})
        for (unsigned negated = 1; negated < 16; ++negated)
            for (const std::string name : {"x", "y", "dy", "all"}) {
                Strides strides = ordered_strides(dims, order);
                for (size_t axis = 0; axis < dims.size(); ++axis)
                    if ((negated >> axis & 1) != 0) strides[axis] = -strides[axis];
                PlacedOptions options = all_in(ordered_strides(dims, order));
                if (name == "all")
                    options = all_in(strides);
                else
                    options.placements[name].strides = strides;
                solved.expect_agreement(options, name + " " + testing::PrintToString(strides));
            }
}

TEST_P(LayoutAgreement, LayoutsThatDifferFromTensorToTensorAgreeWithTheOracle) {
    const Dims dims = {3, 4, 2, 5};
    Random random(7);
    const std::vector<std::vector<size_t>> orders = every_order(dims.size());
    for (const jsnormDataType_t type : every_data_type()) {
        const Solved solved(relu_case(GetParam(), dims), type);
        for (int round = 0; round < 40; ++round) {
            PlacedOptions options;
            std::string where;
            for (const std::string &name : kTensors) {
                const auto &order = orders[static_cast<size_t>(random.integer(0, 23))];
                const bool dense_x = name == "x";  // for the mask, which z needs
                Strides strides = ordered_strides(dims, order, dense_x ? 0 : random.integer(0, 2));
                if (!dense_x && random.integer(0, 2) == 0)
                    for (int64_t &stride : strides) stride = -stride;
                options.placements[name].strides = strides;
                where += name + " " + testing::PrintToString(strides) + " ";
            }
            solved.expect_agreement(options, where);
        }
    }
}

TEST_P(LayoutAgreement, StridesOfAxesOfSizeOneDoNotMatter) {
    const Strides nonsense = {0, -1, 7, std::numeric_limits<int64_t>::max(),
                              std::numeric_limits<int64_t>::min()};
    for (const Dims &dims : {Dims{1, 4, 1, 5}, Dims{3, 1, 2, 1}, Dims{3, 4, 1, 1}}) {
        const PlacedCase placed(relu_case(GetParam(), dims), JSNORM_FLOAT);
        for (const auto &order : {row_major_order(4), channels_last_order(4)}) {
            const Strides sensible = ordered_strides(dims, order);
            const Outputs expected = placed.run(all_in(sensible));
            for (const int64_t stride : nonsense) {
                Strides strides = sensible;
                for (size_t axis = 0; axis < dims.size(); ++axis)
                    if (dims[axis] == 1) strides[axis] = stride;
                EXPECT_EQ(differences(placed.run(all_in(strides)), expected), "")
                    << describe(placed.problem()) << " " << testing::PrintToString(strides);
            }
        }
    }
}

// The tensor as broadcasting along the axes with a set bit gives it.
Values broadcast(const Values &values, const Dims &dims, unsigned axes) {
    const Strides packed = packed_strides(dims);
    Values result(values.size());
    for (size_t e = 0; e < values.size(); ++e) {
        int64_t source = 0;
        for (size_t axis = 0; axis < dims.size(); ++axis)
            if ((axes >> axis & 1) == 0)
                source += static_cast<int64_t>(e) / packed[axis] % dims[axis] * packed[axis];
        result[e] = values[static_cast<size_t>(source)];
    }
    return result;
}

bool only_equal_elements(const Case &problem) {
    const Values variance = oracle_forward(problem).saved_variance;
    return *std::max_element(variance.begin(), variance.end()) < 1e-20;
}

TEST_P(LayoutAgreement, InputsOfStrideZeroAgreeWithTheOracle) {
    const Dims dims = {3, 4, 2, 5};
    int compared = 0;
    for (const auto &[name, tensor] :
         {std::pair{"x", &Case::x}, std::pair{"dy", &Case::dy}, std::pair{"z", &Case::z}})
        for (unsigned axes = 1; axes < 16; ++axes) {
            const bool residual = name == std::string("z");
            Case problem = make_case(GetParam(), dims);
            if (residual) problem.z = problem.dy;
            problem.*tensor = broadcast(problem.*tensor, dims, axes);
            problem.epsilon = 0.1;                       // some statistics are of equal elements
            if (only_equal_elements(problem)) continue;  // nothing but rounding noise would be left
            ++compared;
            Strides strides = packed_strides(dims);
            for (size_t axis = 0; axis < dims.size(); ++axis)
                if ((axes >> axis & 1) != 0) strides[axis] = 0;
            PlacedOptions options;
            options.placements[name].strides = strides;
            const std::string where = name + (" " + testing::PrintToString(strides));
            Solved(problem, JSNORM_FLOAT).expect_agreement(options, where);
            Solved(problem, JSNORM_DOUBLE).expect_agreement(options, where);
        }
    EXPECT_GE(compared, 2 * 15 + 7);  // of every z and dy, and of x where an axis is left
}

using Order = std::vector<size_t>;

// An output or the residual by itself is in another order than the other tensors.
void expect_no_bit_depends_on_one(const PlacedCase &placed, const Order &x_order,
                                  const std::vector<Order> &orders) {
    const Dims &dims = placed.problem().dims;
    const PlacedOptions same = all_in(ordered_strides(dims, x_order));
    const Outputs expected = placed.run(same);
    for (const std::string name : {"y", "z", "dx", "dz"})
        for (const Order &order : orders) {
            PlacedOptions options = same;
            options.placements[name].strides = ordered_strides(dims, order);
            EXPECT_EQ(differences(placed.run(options), expected), "")
                << describe(placed.problem()) << " " << name_of(placed.type()) << " " << name << " "
                << testing::PrintToString(options.placements[name].strides);
        }
}

// Each of them is in every order once, and no two are in the same.
void expect_no_bit_depends_on_all(const PlacedCase &placed, const Order &x_order,
                                  const std::vector<Order> &orders) {
    const Dims &dims = placed.problem().dims;
    const Outputs expected = placed.run(all_in(ordered_strides(dims, x_order)));
    for (size_t first = 0; first < orders.size(); ++first) {
        PlacedOptions options = all_in(ordered_strides(dims, x_order));
        size_t next = first;
        for (const std::string name : {"y", "z", "dx", "dz"}) {
            const Order &order = orders[next % orders.size()];
            options.placements[name].strides = ordered_strides(dims, order);
            next += orders.size() / 4 + 1;
        }
        EXPECT_EQ(differences(placed.run(options), expected), "")
            << describe(placed.problem()) << " " << name_of(placed.type()) << ", y "
            << testing::PrintToString(options.placements["y"].strides);
    }
}

TEST_P(LayoutAgreement, NoBitDependsOnTheLayoutOfAnOutputOrTheResidual) {
    const std::vector<Order> usual = {row_major_order(4), channels_last_order(4)};
    // More elements of a statistic than a tile of rows has, and one of columns.
    const Dims large =
        GetParam() == JSNORM_BATCH_NORM_PER_ACTIVATION ? Dims{140, 3, 7, 6} : Dims{2, 3, 70, 61};
    for (const jsnormDataType_t type : every_data_type())
        for (const Order &x_order : usual) {
            const PlacedCase small(relu_case(GetParam(), {3, 66, 2, 5}), type);
            expect_no_bit_depends_on_one(small, x_order, usual);
            expect_no_bit_depends_on_all(small, x_order, every_order(4));
            expect_no_bit_depends_on_one(PlacedCase(relu_case(GetParam(), large), type), x_order,
                                         usual);
        }
}

INSTANTIATE_TEST_SUITE_P(Kinds, LayoutAgreement, testing::ValuesIn(every_kind()),
                         [](const auto &with) { return std::string(name_of(with.param)); });

}  // namespace
}  // namespace jsnorm::test
