// SPDX-License-Identifier: Apache-2.0
// The programme's reference, which is quick enough for large tensors, against the oracle of the
// tests.
#include "bench/reference.hpp"

#include <gtest/gtest.h>

#include "bench/case_list.hpp"
#include "bench/values.hpp"
#include "tests/support/oracle.hpp"

namespace jsnorm::bench {
namespace {

std::vector<double> doubles(const std::byte *tensor, int64_t count) {
    const auto *values = reinterpret_cast<const float *>(tensor);
    return tensor == nullptr ? std::vector<double>() : std::vector<double>(values, values + count);
}

test::Case oracle_case(const Case &which, const Tensors &tensors, Estimator estimator) {
    test::Case result;
    result.kind = which.shape.layer == Layer::kBatch ? JSNORM_BATCH_NORM : JSNORM_LAYER_NORM;
    result.dims = which.shape.dims;
    result.mean_estimator = result.variance_estimator =
        estimator == Estimator::kNone ? JSNORM_ESTIMATOR_NONE : JSNORM_ESTIMATOR_JAMES_STEIN;
    if (which.fusion == Fusion::kAddRelu) result.activation = JSNORM_ACTIVATION_RELU;
    result.gamma.assign(tensors.gamma.begin(), tensors.gamma.end());
    result.beta.assign(tensors.beta.begin(), tensors.beta.end());
    result.x = doubles(tensors.first().x, which.elements());
    result.z = doubles(tensors.first().z, which.elements());
    result.dy = doubles(tensors.first().dy, which.elements());
    return result;
}

void store(const std::vector<double> &from, std::byte *to) {
    std::copy(from.begin(), from.end(), reinterpret_cast<float *>(to));
}

// The oracle's results in the place of a contestant's.
void put(const test::Result &result, const Case &which, Tensors &tensors) {
    const TensorSet &set = tensors.first();
    const bool backward = which.direction == Direction::kBackward;
    store(backward ? result.dx : result.y, set.out);
    if (set.dz != nullptr) store(result.dz, set.dz);
    tensors.dgamma.assign(result.dgamma.begin(), result.dgamma.end());
    tensors.dbeta.assign(result.dbeta.begin(), result.dbeta.end());
}

// Row-major float cases: what the oracle's order of elements is.
std::vector<Case> row_major_cases() {
    std::vector<Case> cases;
    for (const Case &which : tiny_cases())
        if (which.type == JSNORM_FLOAT && which.direction != Direction::kInference &&
            (which.layout != Layout::kChannelsLast || which.shape.dims.size() == 2))
            cases.push_back(which);
    return cases;
}

TEST(Reference, AgreesWithTheOracleOfTheTests) {
    const std::vector<Case> cases = row_major_cases();
    ASSERT_GT(cases.size(), 20u);
    for (const Case &which : cases) {
        Tensors tensors(which, {});
        const Reference reference(which, tensors);
        for (const auto estimator : {Estimator::kNone, Estimator::kJamesStein}) {
            const test::Case problem = oracle_case(which, tensors, estimator);
            const bool backward = which.direction == Direction::kBackward;
            put(backward ? oracle_backward(problem) : oracle_forward(problem), which, tensors);
            const Agreement agreement = reference.agreement(tensors, estimator);
            EXPECT_LT(agreement.element, 1e-6) << which.name() << ' ' << agreement.where;
            EXPECT_LT(agreement.parameter, 1e-6) << which.name();
        }
    }
}

TEST(Reference, NoticesASingleWrongElementAndWhatIsNotANumber) {
    for (const Case &which : row_major_cases()) {
        Tensors tensors(which, {});
        const Reference reference(which, tensors);
        const test::Case problem = oracle_case(which, tensors, Estimator::kNone);
        const bool backward = which.direction == Direction::kBackward;
        const test::Result right = backward ? oracle_backward(problem) : oracle_forward(problem);
        const Tolerance tolerance = tolerance_of_peers(JSNORM_FLOAT);
        for (const float wrong : {100.0f, NAN}) {
            put(right, which, tensors);
            ASSERT_TRUE(tolerance.accepts(reference.agreement(tensors, Estimator::kNone)));
            reinterpret_cast<float *>(tensors.first().out)[which.elements() - 1] = wrong;
            EXPECT_FALSE(tolerance.accepts(reference.agreement(tensors, Estimator::kNone)))
                << which.name();
            if (!backward) continue;
            put(right, which, tensors);
            tensors.dbeta.back() = wrong;
            EXPECT_FALSE(tolerance.accepts(reference.agreement(tensors, Estimator::kNone)))
                << which.name();
        }
    }
}

TEST(Reference, TellsJamesSteinFromNone) {
    for (const Case &which : row_major_cases()) {
        if (!which.coupled()) continue;
        Tensors tensors(which, {});
        const Reference reference(which, tensors);
        const test::Case problem = oracle_case(which, tensors, Estimator::kJamesStein);
        const bool backward = which.direction == Direction::kBackward;
        put(backward ? oracle_backward(problem) : oracle_forward(problem), which, tensors);
        EXPECT_FALSE(tolerance_of_peers(JSNORM_FLOAT)
                         .accepts(reference.agreement(tensors, Estimator::kNone)))
            << which.name();
    }
}

}  // namespace
}  // namespace jsnorm::bench
