// SPDX-License-Identifier: Apache-2.0
//
// What the API promises about handles of backend CUDA, and what becomes of errors of the CUDA
// runtime.

#include "src/simt/device.hpp"

#include <gtest/gtest.h>

#include "tests/api/api_fixture.hpp"
#include "tests/api/call.hpp"

namespace jsnorm::test::api {
namespace {

std::string last_error() {
    return jsnormGetLastErrorString();
}

class CudaHandle : public testing::Test {
  protected:
    void SetUp() override { simt_device::reset(); }
    void TearDown() override { simt_device::reset(); }

    static jsnormStatus_t create(jsnormHandle_t &handle) {
        return jsnormCreate(&handle, JSNORM_BACKEND_CUDA);
    }
};

TEST_F(CudaHandle, KeepsItsStreamAndItsMultiprocessorsAndHasNoThreads) {
    const Handle handle(JSNORM_BACKEND_CUDA);
    auto *stream = reinterpret_cast<jsnormStream_t>(0x1230);
    jsnormStream_t got = nullptr;
    EXPECT_STATUS(jsnormSetStream(handle, stream), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(jsnormGetStream(handle, &got), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(got, stream);
    int32_t count = -1;
    EXPECT_STATUS(jsnormSetSmCountTarget(handle, 7), JSNORM_STATUS_SUCCESS);
    EXPECT_STATUS(jsnormGetSmCountTarget(handle, &count), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(count, 7);
    EXPECT_STATUS(jsnormSetThreadCount(handle, 2), JSNORM_STATUS_NOT_SUPPORTED_BACKEND);
    jsnormBackend_t backend = JSNORM_BACKEND_AUTO;
    EXPECT_STATUS(jsnormGetBackend(handle, &backend), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(backend, JSNORM_BACKEND_CUDA);
}

TEST_F(CudaHandle, IsRefusedWithoutADeviceAndAutoTakesTheCpu) {
    simt_device::inject_error(0, simt_device::kErrorNoDevice);
    auto handle = sentinel<jsnormHandle_t>();
    EXPECT_STATUS(create(handle), JSNORM_STATUS_NOT_SUPPORTED_BACKEND);
    EXPECT_EQ(handle, sentinel<jsnormHandle_t>());
    EXPECT_NE(last_error().find("no CUDA-capable device"), std::string::npos);
    EXPECT_STATUS(jsnormCreate(nullptr, JSNORM_BACKEND_AUTO), JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
    const std::string before = last_error();
    simt_device::inject_error(0, simt_device::kErrorNoDevice);
    const Handle automatic(JSNORM_BACKEND_AUTO);
    EXPECT_EQ(last_error(), before);  // what AUTO does without is no failure
    jsnormBackend_t backend = JSNORM_BACKEND_AUTO;
    EXPECT_STATUS(jsnormGetBackend(automatic, &backend), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(backend, JSNORM_BACKEND_CPU);
}

TEST_F(CudaHandle, IsRefusedWithTheDevicesNameWhereTheBuildHasNoCodeForIt) {
    simt_device::inject_error(4, simt_device::kErrorNoKernelImage);  // while kernels are loaded
    auto handle = sentinel<jsnormHandle_t>();
    EXPECT_STATUS(create(handle), JSNORM_STATUS_NOT_SUPPORTED_ARCHITECTURE);
    EXPECT_NE(last_error().find("A100"), std::string::npos) << last_error();
    EXPECT_EQ(handle, sentinel<jsnormHandle_t>());
}

TEST_F(CudaHandle, BelongsToTheDeviceThatWasCurrentAtItsCreation) {
    cuda::set_current_device(3);
    const Handle handle(JSNORM_BACKEND_CUDA);
    cuda::set_current_device(1);
    simt_device::take_launches();
    Call call(handle, operation(JSNORM_FORWARD_TRAINING));
    EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    const auto launches = simt_device::take_launches();
    ASSERT_FALSE(launches.empty());
    for (const auto &launch : launches) EXPECT_EQ(launch.device, 3) << launch.name;
    int current = -1;
    cuda::current_device(current);
    EXPECT_EQ(current, 1);
}

class CudaOperations : public testing::TestWithParam<jsnormOperation_t> {
  protected:
    void SetUp() override { simt_device::reset(); }
    void TearDown() override { simt_device::reset(); }
};

TEST_P(CudaOperations, TouchTheHandlesStreamAlone) {
    const Handle handle(JSNORM_BACKEND_CUDA);
    auto *stream = reinterpret_cast<jsnormStream_t>(0x4560);
    require(jsnormSetStream(handle, stream));
    simt_device::take_launches();
    Call call(handle, operation(GetParam()));
    EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    const auto launches = simt_device::take_launches();
    ASSERT_FALSE(launches.empty());
    for (const auto &launch : launches) EXPECT_EQ(launch.stream, stream) << launch.name;
}

// A kernel of ours may begin before another of ours ends, which it waits for; never before the
// caller's.
TEST_P(CudaOperations, OverlapTheirOwnKernelsAloneAndOnlyWhereTheDeviceCan) {
    for (const int device : {0, 1}) {
        simt_device::reset();
        cuda::set_current_device(device);
        const Handle handle(JSNORM_BACKEND_CUDA);
        simt_device::take_launches();
        Call call(handle, operation(GetParam()));
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
        bool first = true;
        for (const auto &launch : simt_device::take_launches()) {
            EXPECT_EQ(launch.after_own_kernel, device == 1 && !first) << launch.name;
            first = false;
        }
    }
}

TEST_P(CudaOperations, ReportARefusedLaunchAndWorkAgainAfterwards) {
    const Handle handle(JSNORM_BACKEND_CUDA);
    Call call(handle, operation(GetParam()));
    simt_device::inject_error(1, simt_device::kErrorOutOfResources);
    EXPECT_STATUS(call.run(handle), JSNORM_STATUS_EXECUTION_FAILED_CUDA);
    EXPECT_NE(last_error().find("too many resources"), std::string::npos) << last_error();
    EXPECT_NE(last_error().find("A100"), std::string::npos) << last_error();
    EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
}

TEST_P(CudaOperations, SayThatALostDeviceIsLostAndLeaveTheHandleToBeDestroyed) {
    auto handle = sentinel<jsnormHandle_t>();
    require(jsnormCreate(&handle, JSNORM_BACKEND_CUDA));
    {
        Call call(handle, operation(GetParam()));
        simt_device::inject_error(1, simt_device::kErrorIllegalAddress);
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_EXECUTION_FAILED_DEVICE_LOST);
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_EXECUTION_FAILED_DEVICE_LOST);
    }
    EXPECT_STATUS(jsnormDestroy(handle), JSNORM_STATUS_SUCCESS);
}

TEST_P(CudaOperations, RefuseHostMemoryWherePointersAreChecked) {
    const Handle handle(JSNORM_BACKEND_CUDA);
    require(jsnormSetPointerChecks(handle, 1));
    const Operation &op = operation(GetParam());
    std::vector<std::byte> host(1 << 16);
    for (const Field &field : op.fields) {
        Call call(handle, op);
        if (call.pointer(field.name) == nullptr || call.count(field) == 0) continue;
        const auto address = reinterpret_cast<uintptr_t>(host.data());
        call.set_pointer(field, reinterpret_cast<void *>((address + 255) / 256 * 256));
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_BAD_PARAM_DEVICE_MISMATCH) << field.name;
    }
}

INSTANTIATE_TEST_SUITE_P(All, CudaOperations,
                         testing::Values(JSNORM_FORWARD_TRAINING, JSNORM_FORWARD_INFERENCE,
                                         JSNORM_BACKWARD, JSNORM_BACKWARD_FIXED_STATISTICS,
                                         JSNORM_FORWARD_STATISTICS, JSNORM_FORWARD_FINALIZE,
                                         JSNORM_FORWARD_APPLY, JSNORM_BACKWARD_REDUCE,
                                         JSNORM_BACKWARD_FINALIZE, JSNORM_BACKWARD_APPLY));

TEST(SmCountTarget, LimitsTheBlocksOfALaunchAndChangesNoBit) {
    simt_device::reset();
    const Handle all(JSNORM_BACKEND_CUDA), one(JSNORM_BACKEND_CUDA);
    require(jsnormSetSmCountTarget(one, 1));
    Problem problem;
    problem.dims = {16, 5, 8};
    Call with_all(all, operation(JSNORM_BACKWARD), problem);
    Call with_one(one, operation(JSNORM_BACKWARD), problem);
    EXPECT_STATUS(with_all.run(all), JSNORM_STATUS_SUCCESS);
    simt_device::take_launches();
    EXPECT_STATUS(with_one.run(one), JSNORM_STATUS_SUCCESS);
    for (const auto &launch : simt_device::take_launches()) {
        EXPECT_LE(launch.blocks * launch.threads, 1024) << launch.name;
    }
    EXPECT_TRUE(with_all.outputs() == with_one.outputs());
}

}  // namespace
}  // namespace jsnorm::test::api
