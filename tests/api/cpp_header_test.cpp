// SPDX-License-Identifier: Apache-2.0
//
// jsnorm.hpp: owners, statuses and argument structs of C++ do what the C API does.
#include <jsnorm/jsnorm.hpp>

#include "tests/api/api_fixture.hpp"

#include <type_traits>

// Not in the fixture's namespace, which has owners of the same names.
namespace jsnorm::test::cpp {
namespace {

using api::last_error;
using api::require;

TEST(CppHeader, OwnersMoveDoNotCopyAndDestroyOnce) {
    static_assert(!std::is_copy_constructible_v<Handle> && !std::is_copy_assignable_v<Handle>);
    static_assert(std::is_nothrow_move_constructible_v<NormDescriptor>);
    static_assert(!std::is_convertible_v<TensorDescriptor, jsnormTensorDescriptor_t>);
    static_assert(std::is_convertible_v<TensorDescriptor &, jsnormTensorDescriptor_t>);

    Handle first = Handle::create(JSNORM_BACKEND_CPU).or_throw();
    const jsnormHandle_t object = first;
    Handle second(std::move(first));
    EXPECT_EQ(first.get(), nullptr);
    EXPECT_EQ(second.get(), object);
    EXPECT_EQ(second.backend().or_throw(), JSNORM_BACKEND_CPU);

    first = std::move(second);
    EXPECT_EQ(first.get(), object);
    EXPECT_EQ(second.backend().status().code(), JSNORM_STATUS_BAD_PARAM_NULL_POINTER);

    // An object given up is the caller's, who alone destroys it.
    EXPECT_EQ(first.release(), object);
    EXPECT_STATUS(jsnormDestroy(object), JSNORM_STATUS_SUCCESS);
}

// Stands for a function that destroys; counts what it destroyed.
int destroyed = 0;
jsnormStatus_t count_destroyed(int *object) {
    if (object != nullptr) ++destroyed;
    return JSNORM_STATUS_SUCCESS;
}

TEST(CppHeader, AssigningDestroysWhatWasHeldOnce) {
    using Counted = Owner<int *, count_destroyed>;
    int first = 0, second = 0;
    destroyed = 0;
    {
        Counted owner(&first);
        owner = Counted(&second);
        EXPECT_EQ(destroyed, 1);
        EXPECT_EQ(owner.get(), &second);
        Counted &same = owner;
        owner = std::move(same);
        EXPECT_EQ(destroyed, 1);
        EXPECT_EQ(owner.get(), &second);
        const Counted other(std::move(owner));
    }
    EXPECT_EQ(destroyed, 2);
}

TEST(CppHeader, AStatusKeepsItsMessage) {
    const Status epsilon = NormBuilder(JSNORM_BATCH_NORM).epsilon(-1.0).build().status();
    const Status lambda = NormBuilder(JSNORM_BATCH_NORM).lambda(-2.0).build().status();
    EXPECT_EQ(epsilon.message().compare(0, 21, "jsnormSetNormEpsilon:"), 0) << epsilon.message();
    EXPECT_EQ(lambda.message(), last_error());
    EXPECT_NE(epsilon.message(), last_error());
    EXPECT_TRUE(Status().ok());
    EXPECT_EQ(Status(JSNORM_STATUS_SUCCESS).message(), "");
}

TEST(CppHeader, OrThrowThrowsNameAndMessage) {
    try {
        Handle::create(jsnormBackend_t{77}).or_throw();
        FAIL() << "nothing was thrown";
    } catch (const Error &error) {
        EXPECT_EQ(error.code(), JSNORM_STATUS_BAD_PARAM);
        EXPECT_EQ(error.what(), "JSNORM_STATUS_BAD_PARAM: " + last_error());
    }
    EXPECT_NO_THROW(Status().or_throw());
}

TEST(CppHeader, TheBuilderMakesEverySetting) {
    const NormDescriptor batch =
        NormBuilder(JSNORM_BATCH_NORM)
            .estimators(JSNORM_ESTIMATOR_RIDGE, JSNORM_ESTIMATOR_LASSO)
            .lambda(0.5)
            .epsilon(1e-3)
            .effective_fraction(0.25)
            .activation(JSNORM_ACTIVATION_RELU)
            .running_statistics(JSNORM_RUNNING_RAW, JSNORM_RUNNING_VARIANCE_BIASED)
            .parameter_gradient_scope(JSNORM_PARAMETER_GRADIENT_GLOBAL)
            .build()
            .or_throw();
    const NormDescriptor copy = batch.clone().or_throw();
    for (const jsnormNormDescriptor_t norm : {batch.get(), copy.get()}) {
        jsnormEstimator_t mean{}, variance{};
        double lambda = 0.0, epsilon = 0.0, fraction = 0.0;
        jsnormActivation_t activation{};
        jsnormRunningMode_t mode{};
        jsnormRunningVariance_t running_variance{};
        jsnormParameterGradientScope_t scope{};
        require(jsnormGetNormEstimators(norm, &mean, &variance));
        require(jsnormGetNormLambda(norm, &lambda));
        require(jsnormGetNormEpsilon(norm, &epsilon));
        require(jsnormGetNormEffectiveFraction(norm, &fraction));
        require(jsnormGetNormActivation(norm, &activation));
        require(jsnormGetNormRunningStatistics(norm, &mode, &running_variance));
        require(jsnormGetNormParameterGradientScope(norm, &scope));
        EXPECT_EQ(mean, JSNORM_ESTIMATOR_RIDGE);
        EXPECT_EQ(variance, JSNORM_ESTIMATOR_LASSO);
        EXPECT_EQ(lambda, 0.5);
        EXPECT_EQ(epsilon, 1e-3);
        EXPECT_EQ(fraction, 0.25);
        EXPECT_EQ(activation, JSNORM_ACTIVATION_RELU);
        EXPECT_EQ(mode, JSNORM_RUNNING_RAW);
        EXPECT_EQ(running_variance, JSNORM_RUNNING_VARIANCE_BIASED);
        EXPECT_EQ(scope, JSNORM_PARAMETER_GRADIENT_GLOBAL);
    }

    const NormDescriptor layer = NormBuilder(JSNORM_LAYER_NORM)
                                     .estimator(JSNORM_ESTIMATOR_SAMPLING)
                                     .first_normalized_axis(2)
                                     .statistics_per_group(5)
                                     .build()
                                     .or_throw();
    jsnormEstimator_t mean{}, variance{};
    int32_t axis = 0;
    int64_t count = 0;
    require(jsnormGetNormEstimators(layer, &mean, &variance));
    require(jsnormGetNormFirstNormalizedAxis(layer, &axis));
    require(jsnormGetNormStatisticsPerGroup(layer, &count));
    EXPECT_EQ(mean, JSNORM_ESTIMATOR_SAMPLING);
    EXPECT_EQ(variance, JSNORM_ESTIMATOR_SAMPLING);
    EXPECT_EQ(axis, 2);
    EXPECT_EQ(count, 5);

    const NormDescriptor group = NormBuilder(JSNORM_GROUP_NORM).group_count(7).build().or_throw();
    require(jsnormGetNormGroupCount(group, &count));
    EXPECT_EQ(count, 7);
}

TEST(CppHeader, TheBuilderReturnsItsFirstFailure) {
    NormBuilder builder(JSNORM_BATCH_NORM);
    const Result<NormDescriptor> failed = builder.group_count(4).epsilon(-1.0).build();
    EXPECT_EQ(failed.status().code(), JSNORM_STATUS_BAD_PARAM);
    EXPECT_EQ(failed.status().message(), last_error());  // epsilon was not tried
    EXPECT_EQ(failed.status().message().compare(0, 24, "jsnormSetNormGroupCount:"), 0)
        << failed.status().message();
    EXPECT_EQ(failed.value().get(), nullptr);

    EXPECT_EQ(NormBuilder(jsnormNormKind_t{9}).epsilon(0.0).build().status().code(),
              JSNORM_STATUS_BAD_PARAM);

    NormBuilder twice(JSNORM_BATCH_NORM);
    EXPECT_TRUE(twice.build().ok());
    EXPECT_EQ(twice.build().status().code(), JSNORM_STATUS_NOT_INITIALIZED);
}

TEST(CppHeader, SizesComeFromListsArraysAndContainers) {
    const int64_t array[] = {2, 3, 4};
    const std::vector<int64_t> strides = {24, 1, 6};
    TensorDescriptor desc = TensorDescriptor::create(JSNORM_DOUBLE, array, strides).or_throw();
    const auto holds = [&desc](jsnormDataType_t type, const std::vector<int64_t> &dims,
                               const std::vector<int64_t> &expected_strides) {
        jsnormDataType_t found_type{};
        int32_t rank = 0;
        int64_t found_dims[JSNORM_MAX_RANK], found_strides[JSNORM_MAX_RANK];
        require(jsnormGetTensorDescriptor(desc, &found_type, &rank, found_dims, found_strides));
        EXPECT_EQ(found_type, type);
        EXPECT_EQ(std::vector<int64_t>(found_dims, found_dims + rank), dims);
        EXPECT_EQ(std::vector<int64_t>(found_strides, found_strides + rank), expected_strides);
    };
    holds(JSNORM_DOUBLE, {2, 3, 4}, {24, 1, 6});

    // What is refused changes nothing.
    EXPECT_EQ(desc.set(JSNORM_FLOAT, {2, 3}, {3}).code(), JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH);
    const Status too_many = desc.set(JSNORM_FLOAT, std::vector<int64_t>(9, 2));
    EXPECT_EQ(too_many.code(), JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND);
    EXPECT_NE(too_many.message().find("9"), std::string::npos) << too_many.message();
    EXPECT_EQ(desc.set(JSNORM_FLOAT, {2, -3}).code(), JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND);
    holds(JSNORM_DOUBLE, {2, 3, 4}, {24, 1, 6});

    EXPECT_TRUE(desc.set(JSNORM_HALF, {5, 6}).ok());
    holds(JSNORM_HALF, {5, 6}, {6, 1});
}

}  // namespace
}  // namespace jsnorm::test::cpp
