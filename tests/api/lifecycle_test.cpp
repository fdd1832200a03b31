// SPDX-License-Identifier: Apache-2.0
//
// Handles and descriptors from creation to destruction, and the settings of a handle.
#include "tests/api/api_fixture.hpp"

#include <functional>

namespace jsnorm::test::api {
namespace {

constexpr auto kUnknownBackend = static_cast<jsnormBackend_t>(77);
constexpr auto kUnknownKind = static_cast<jsnormNormKind_t>(77);

TEST(Lifecycle, EveryObjectIsCreatedAndDestroyed) {
    jsnormHandle_t handle = nullptr;
    EXPECT_STATUS(jsnormCreate(&handle, JSNORM_BACKEND_CPU), JSNORM_STATUS_SUCCESS);
    EXPECT_NE(handle, nullptr);
    EXPECT_STATUS(jsnormDestroy(handle), JSNORM_STATUS_SUCCESS);

    jsnormTensorDescriptor_t tensor = nullptr;
    EXPECT_STATUS(jsnormCreateTensorDescriptor(&tensor), JSNORM_STATUS_SUCCESS);
    EXPECT_NE(tensor, nullptr);
    EXPECT_STATUS(jsnormDestroyTensorDescriptor(tensor), JSNORM_STATUS_SUCCESS);

    for (jsnormNormKind_t kind : all_kinds()) {
        jsnormNormDescriptor_t norm = nullptr;
        EXPECT_STATUS(jsnormCreateNormDescriptor(&norm, kind), JSNORM_STATUS_SUCCESS);
        EXPECT_NE(norm, nullptr);
        EXPECT_STATUS(jsnormDestroyNormDescriptor(norm), JSNORM_STATUS_SUCCESS);
    }
}

TEST(Lifecycle, DestroyingNullDoesNothing) {
    EXPECT_STATUS(jsnormDestroy(nullptr), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(jsnormDestroyTensorDescriptor(nullptr), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(jsnormDestroyNormDescriptor(nullptr), JSNORM_STATUS_SUCCESS);
}

TEST(Lifecycle, CreatingWithoutAPlaceForTheResultIsAnError) {
    EXPECT_FAILURE(jsnormCreate(nullptr, JSNORM_BACKEND_CPU), JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                   "jsnormCreate", "handle");
    EXPECT_FAILURE(jsnormCreateTensorDescriptor(nullptr), JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                   "jsnormCreateTensorDescriptor", "desc");
    EXPECT_FAILURE(jsnormCreateNormDescriptor(nullptr, JSNORM_BATCH_NORM),
                   JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "jsnormCreateNormDescriptor", "desc");
}

TEST(Lifecycle, UnknownEnumeratorIsNamedAndLeavesTheResultUntouched) {
    auto handle = sentinel<jsnormHandle_t>();
    EXPECT_FAILURE(jsnormCreate(&handle, kUnknownBackend), JSNORM_STATUS_BAD_PARAM, "jsnormCreate",
                   "backend", "77");
    EXPECT_EQ(handle, sentinel<jsnormHandle_t>());
    EXPECT_FAILURE(jsnormCreate(&handle, JSNORM_BACKEND_FORCE_INT32), JSNORM_STATUS_BAD_PARAM,
                   "jsnormCreate", "backend");

    auto norm = sentinel<jsnormNormDescriptor_t>();
    EXPECT_FAILURE(jsnormCreateNormDescriptor(&norm, kUnknownKind), JSNORM_STATUS_BAD_PARAM,
                   "jsnormCreateNormDescriptor", "kind", "77");
    EXPECT_EQ(norm, sentinel<jsnormNormDescriptor_t>());
}

TEST(Lifecycle, WhatIsNotAnObjectIsNotInitialized) {
    jsnormBackend_t backend = JSNORM_BACKEND_AUTO;
    EXPECT_FAILURE(jsnormGetBackend(not_an_object<jsnormHandle_t>(), &backend),
                   JSNORM_STATUS_NOT_INITIALIZED, "jsnormGetBackend", "handle");
    EXPECT_FAILURE(jsnormDestroy(not_an_object<jsnormHandle_t>()), JSNORM_STATUS_NOT_INITIALIZED,
                   "jsnormDestroy", "handle");
    EXPECT_FAILURE(jsnormDestroyTensorDescriptor(not_an_object<jsnormTensorDescriptor_t>()),
                   JSNORM_STATUS_NOT_INITIALIZED, "jsnormDestroyTensorDescriptor", "desc");
    EXPECT_FAILURE(jsnormDestroyNormDescriptor(not_an_object<jsnormNormDescriptor_t>()),
                   JSNORM_STATUS_NOT_INITIALIZED, "jsnormDestroyNormDescriptor", "desc");
}

TEST(Lifecycle, AnObjectOfAnotherTypeIsNotInitialized) {
    const Handle handle;
    const NormDesc norm;
    const TensorDesc tensor;
    EXPECT_FAILURE(jsnormSetNormEpsilon(reinterpret_cast<jsnormNormDescriptor_t>(
                                            static_cast<jsnormTensorDescriptor_t>(tensor)),
                                        0.1),
                   JSNORM_STATUS_NOT_INITIALIZED, "jsnormSetNormEpsilon", "desc");
    const int64_t dims[2] = {2, 3};
    EXPECT_FAILURE(jsnormSetTensorDescriptor(reinterpret_cast<jsnormTensorDescriptor_t>(
                                                 static_cast<jsnormNormDescriptor_t>(norm)),
                                             JSNORM_FLOAT, 2, dims, nullptr),
                   JSNORM_STATUS_NOT_INITIALIZED, "jsnormSetTensorDescriptor", "desc");
    EXPECT_FAILURE(
        jsnormSetThreadCount(
            reinterpret_cast<jsnormHandle_t>(static_cast<jsnormNormDescriptor_t>(norm)), 1),
        JSNORM_STATUS_NOT_INITIALIZED, "jsnormSetThreadCount", "handle");
}

TEST(Backend, CpuIsAlwaysThere) {
    const Handle handle(JSNORM_BACKEND_CPU);
    jsnormBackend_t backend = JSNORM_BACKEND_AUTO;
    EXPECT_STATUS(jsnormGetBackend(handle, &backend), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(backend, JSNORM_BACKEND_CPU);
    EXPECT_STATUS(jsnormWarmup(handle), JSNORM_STATUS_SUCCESS);
}

// Holds in every build: CUDA either works, or is refused with a reason; AUTO follows.
TEST(Backend, AutoIsCudaWhereCudaWorksAndElseCpu) {
    auto cuda = sentinel<jsnormHandle_t>();
    const jsnormStatus_t status = jsnormCreate(&cuda, JSNORM_BACKEND_CUDA);
    if (status != JSNORM_STATUS_SUCCESS) {
        EXPECT_FAILURE(status, JSNORM_STATUS_NOT_SUPPORTED_BACKEND, "jsnormCreate", "CUDA");
        EXPECT_EQ(cuda, sentinel<jsnormHandle_t>());
    }
    const Handle automatic(JSNORM_BACKEND_AUTO);
    jsnormBackend_t backend = JSNORM_BACKEND_AUTO;
    EXPECT_STATUS(jsnormGetBackend(automatic, &backend), JSNORM_STATUS_SUCCESS);
    const bool has_cuda = status == JSNORM_STATUS_SUCCESS;
    EXPECT_EQ(backend, has_cuda ? JSNORM_BACKEND_CUDA : JSNORM_BACKEND_CPU);
    EXPECT_STATUS(jsnormDestroy(has_cuda ? cuda : nullptr), JSNORM_STATUS_SUCCESS);
}

TEST(HandleSettings, NullHandleOrResultIsAnError) {
    const Handle handle;
    jsnormBackend_t backend = JSNORM_BACKEND_AUTO;
    jsnormStream_t stream = nullptr;
    int32_t number = 0;
    const struct {
        const char *function;
        const char *argument;
        std::function<jsnormStatus_t()> call;
    } cases[] = {
        {"jsnormGetBackend", "backend", [&] { return jsnormGetBackend(handle, nullptr); }},
        {"jsnormGetStream", "stream", [&] { return jsnormGetStream(handle, nullptr); }},
        {"jsnormGetThreadCount", "thread_count",
         [&] { return jsnormGetThreadCount(handle, nullptr); }},
        {"jsnormGetSmCountTarget", "sm_count",
         [&] { return jsnormGetSmCountTarget(handle, nullptr); }},
        {"jsnormGetPointerChecks", "enabled",
         [&] { return jsnormGetPointerChecks(handle, nullptr); }},
        {"jsnormGetBackend", "handle", [&] { return jsnormGetBackend(nullptr, &backend); }},
        {"jsnormSetStream", "handle", [&] { return jsnormSetStream(nullptr, nullptr); }},
        {"jsnormGetStream", "handle", [&] { return jsnormGetStream(nullptr, &stream); }},
        {"jsnormSetThreadCount", "handle", [&] { return jsnormSetThreadCount(nullptr, 1); }},
        {"jsnormGetThreadCount", "handle", [&] { return jsnormGetThreadCount(nullptr, &number); }},
        {"jsnormSetSmCountTarget", "handle", [&] { return jsnormSetSmCountTarget(nullptr, 1); }},
        {"jsnormGetSmCountTarget", "handle",
         [&] { return jsnormGetSmCountTarget(nullptr, &number); }},
        {"jsnormSetPointerChecks", "handle", [&] { return jsnormSetPointerChecks(nullptr, 1); }},
        {"jsnormGetPointerChecks", "handle",
         [&] { return jsnormGetPointerChecks(nullptr, &number); }},
        {"jsnormWarmup", "handle", [&] { return jsnormWarmup(nullptr); }},
    };
    for (const auto &[function, argument, call] : cases) {
        EXPECT_FAILURE(call(), JSNORM_STATUS_BAD_PARAM_NULL_POINTER, function, argument);
    }
}

TEST(HandleSettings, ThreadCountIsKeptFromZeroTo4096) {
    const Handle handle;
    int32_t count = -1;
    EXPECT_STATUS(jsnormGetThreadCount(handle, &count), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(count, 0);
    for (int32_t wanted : {1, 2, 7, 4096, 0}) {
        EXPECT_STATUS(jsnormSetThreadCount(handle, wanted), JSNORM_STATUS_SUCCESS);
        EXPECT_STATUS(jsnormGetThreadCount(handle, &count), JSNORM_STATUS_SUCCESS);
        EXPECT_EQ(count, wanted);
    }
}

TEST(HandleSettings, ThreadCountOutOfRangeIsRefusedAndTheOldOneStays) {
    const Handle handle;
    require(jsnormSetThreadCount(handle, 3));
    for (int32_t wanted : {-1, 4097, std::numeric_limits<int32_t>::min()}) {
        EXPECT_FAILURE(jsnormSetThreadCount(handle, wanted), JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                       "jsnormSetThreadCount", "thread_count", std::to_string(wanted));
    }
    int32_t count = -1;
    EXPECT_STATUS(jsnormGetThreadCount(handle, &count), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(count, 3);
}

TEST(HandleSettings, CpuHandleHasOnlyTheDefaultStream) {
    const Handle handle;
    EXPECT_STATUS(jsnormSetStream(handle, nullptr), JSNORM_STATUS_SUCCESS);
    EXPECT_FAILURE(jsnormSetStream(handle, sentinel<jsnormStream_t>()),
                   JSNORM_STATUS_NOT_SUPPORTED_BACKEND, "jsnormSetStream", "stream");
    auto stream = sentinel<jsnormStream_t>();
    EXPECT_STATUS(jsnormGetStream(handle, &stream), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(stream, nullptr);
}

TEST(HandleSettings, CpuHandleHasNoMultiprocessorsToPlanFor) {
    const Handle handle;
    EXPECT_FAILURE(jsnormSetSmCountTarget(handle, 4), JSNORM_STATUS_NOT_SUPPORTED_BACKEND,
                   "jsnormSetSmCountTarget", "sm_count");
    int32_t count = 77;
    EXPECT_STATUS(jsnormGetSmCountTarget(handle, &count), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(count, 0);
}

TEST(HandleSettings, PointerChecksAreOffUntilSwitchedOn) {
    const Handle handle;
    int32_t enabled = -1;
    EXPECT_STATUS(jsnormGetPointerChecks(handle, &enabled), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(enabled, 0);
    EXPECT_STATUS(jsnormSetPointerChecks(handle, 1), JSNORM_STATUS_SUCCESS);
    for (int32_t wanted : {-1, 2, 77}) {
        EXPECT_FAILURE(jsnormSetPointerChecks(handle, wanted), JSNORM_STATUS_BAD_PARAM,
                       "jsnormSetPointerChecks", "enabled", std::to_string(wanted));
    }
    EXPECT_STATUS(jsnormGetPointerChecks(handle, &enabled), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(enabled, 1);
    EXPECT_STATUS(jsnormSetPointerChecks(handle, 0), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(jsnormGetPointerChecks(handle, &enabled), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(enabled, 0);
}

}  // namespace
}  // namespace jsnorm::test::api
