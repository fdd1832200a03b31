// SPDX-License-Identifier: Apache-2.0
//
// A norm descriptor freezes at its first use, whatever that is.
#include "tests/api/norm_settings.hpp"

namespace jsnorm::test::api {
namespace {

void expect_frozen(const std::string &by, const std::function<jsnormStatus_t(Norm, Setting)> &use) {
    for (const Setting &setting : every_setter()) {
        const NormDesc norm(setting.kind);
        require(setting.set(norm));
        EXPECT_STATUS(use(norm, setting), JSNORM_STATUS_SUCCESS) << by;
        EXPECT_FAILURE(setting.set(norm), JSNORM_STATUS_BAD_PARAM_NOT_MUTABLE, setting.function,
                       "desc");
    }
}

TEST(NormFreeze, EveryQueryFreezes) {
    const Handle handle;
    const TensorDesc x(JSNORM_FLOAT, {3, 10, 4, 2});
    size_t bytes = 0;
    jsnormMemoryTraffic_t traffic = new_traffic();
    expect_frozen("jsnormGetStatisticsShape", [&](Norm norm, const Setting &) {
        return jsnormGetStatisticsShape(norm, x, nullptr, nullptr, nullptr, nullptr);
    });
    expect_frozen("jsnormGetWorkspaceSize", [&](Norm norm, const Setting &) {
        return jsnormGetWorkspaceSize(handle, norm, x, JSNORM_BACKWARD, &bytes);
    });
    expect_frozen("jsnormGetWorkspaceUpperBound", [&](Norm norm, const Setting &) {
        return jsnormGetWorkspaceUpperBound(norm, x, JSNORM_BACKWARD, &bytes);
    });
    expect_frozen("jsnormGetMemoryTraffic", [&](Norm norm, const Setting &) {
        return jsnormGetMemoryTraffic(handle, norm, x, JSNORM_BACKWARD, 0, &traffic);
    });
}

TEST(NormFreeze, EveryQueryOfThePhasesFreezes) {
    const TensorDesc x(JSNORM_FLOAT, {3, 10, 4, 2});
    size_t bytes = 0;
    const std::function<jsnormStatus_t(Norm)> queries[] = {
        [&](Norm n) { return jsnormGetRecordSize(n, x, JSNORM_RECORD_MOMENTS, &bytes); },
        [&](Norm n) { return jsnormGetForwardCoefficientSize(n, x, &bytes); },
        [&](Norm n) { return jsnormGetBackwardCoefficientSize(n, x, &bytes); },
    };
    for (const auto &query : queries) {
        const NormDesc norm;
        EXPECT_STATUS(query(norm), JSNORM_STATUS_SUCCESS);
        EXPECT_FAILURE(jsnormSetNormEpsilon(norm, 1e-3), JSNORM_STATUS_BAD_PARAM_NOT_MUTABLE,
                       "jsnormSetNormEpsilon", "desc");
    }
}

TEST(NormFreeze, EveryOperationFreezes) {
    const Handle handle;
    for (const Operation &op : operations()) {
        const Call call(handle, op);  // asks for sizes with a twin: its own norm is still open
        EXPECT_STATUS(jsnormSetNormEpsilon(call.norm, 1e-3), JSNORM_STATUS_SUCCESS) << op.function;
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_FAILURE(jsnormSetNormEpsilon(call.norm, 1e-3), JSNORM_STATUS_BAD_PARAM_NOT_MUTABLE,
                       "jsnormSetNormEpsilon", "desc");
    }
}

TEST(NormFreeze, ASetThatComesTooLateChangesNothing) {
    const Handle handle;
    const NormDesc norm;
    const std::vector<std::byte> before = forward(handle, JSNORM_BATCH_NORM, norm);
    EXPECT_STATUS(jsnormSetNormEpsilon(norm, 100.0), JSNORM_STATUS_BAD_PARAM_NOT_MUTABLE);
    EXPECT_STATUS(estimators(JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_NONE).set(norm),
                  JSNORM_STATUS_BAD_PARAM_NOT_MUTABLE);
    EXPECT_TRUE(forward(handle, JSNORM_BATCH_NORM, norm) == before);
}

}  // namespace
}  // namespace jsnorm::test::api
