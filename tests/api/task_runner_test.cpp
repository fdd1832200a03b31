// SPDX-License-Identifier: Apache-2.0
//
// jsnormSetTaskRunner and its getter.
#include "tests/api/call.hpp"
#include "tests/support/task_runners.hpp"

namespace jsnorm::test::api {
namespace {

constexpr const char *kSet = "jsnormSetTaskRunner";

struct Found {
    jsnormParallelFor_t parallel_for = run_backwards;
    void *user_data = sentinel<void *>();
};

Found runner_of(jsnormHandle_t handle) {
    Found found;
    require(jsnormGetTaskRunner(handle, &found.parallel_for, &found.user_data));
    return found;
}

TEST(TaskRunner, IsNoneAtFirstAndWhatWasSetLater) {
    const Handle handle(JSNORM_BACKEND_CPU);
    Lent lent;
    EXPECT_EQ(runner_of(handle).parallel_for, nullptr);
    EXPECT_EQ(runner_of(handle).user_data, nullptr);
    EXPECT_STATUS(jsnormSetTaskRunner(handle, run_forwards, &lent), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(runner_of(handle).parallel_for, &run_forwards);
    EXPECT_EQ(runner_of(handle).user_data, &lent);
    EXPECT_STATUS(jsnormGetTaskRunner(handle, nullptr, nullptr), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(jsnormSetTaskRunner(handle, nullptr, &lent), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(runner_of(handle).parallel_for, nullptr);
    EXPECT_EQ(runner_of(handle).user_data, nullptr);
}

TEST(TaskRunner, RefusesNullAndWrongHandles) {
    const auto wrong = not_an_object<jsnormHandle_t>();
    EXPECT_FAILURE(jsnormSetTaskRunner(nullptr, run_forwards, nullptr),
                   JSNORM_STATUS_BAD_PARAM_NULL_POINTER, kSet, "handle");
    EXPECT_FAILURE(jsnormSetTaskRunner(wrong, run_forwards, nullptr), JSNORM_STATUS_NOT_INITIALIZED,
                   kSet, "handle");
    EXPECT_FAILURE(jsnormGetTaskRunner(nullptr, nullptr, nullptr),
                   JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "jsnormGetTaskRunner", "handle");
    EXPECT_FAILURE(jsnormGetTaskRunner(wrong, nullptr, nullptr), JSNORM_STATUS_NOT_INITIALIZED,
                   "jsnormGetTaskRunner", "handle");
}

TEST(TaskRunner, IsOfTheCpuBackendAlone) {
    const Handle handle;
    const bool on_cpu = test_backend() == JSNORM_BACKEND_CPU;
    Lent lent;
    if (on_cpu) {
        EXPECT_STATUS(jsnormSetTaskRunner(handle, run_forwards, &lent), JSNORM_STATUS_SUCCESS);
    } else {
        EXPECT_FAILURE(jsnormSetTaskRunner(handle, run_forwards, &lent),
                       JSNORM_STATUS_NOT_SUPPORTED_BACKEND, kSet, "parallel_for", "CUDA");
        EXPECT_EQ(runner_of(handle).parallel_for, nullptr);
    }
    EXPECT_STATUS(jsnormSetTaskRunner(handle, nullptr, nullptr), JSNORM_STATUS_SUCCESS);
}

TEST(TaskRunner, IsNotUsedByWarmup) {
    const Handle handle(JSNORM_BACKEND_CPU);
    Lent lent;
    require(jsnormSetTaskRunner(handle, run_forwards, &lent));
    EXPECT_STATUS(jsnormWarmup(handle), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(lent.loops, 0);
}

}  // namespace
}  // namespace jsnorm::test::api
