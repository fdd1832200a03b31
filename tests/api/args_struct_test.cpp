// SPDX-License-Identifier: Apache-2.0
//
// struct_size: how argument structs of older and newer callers are read.
#include "tests/api/each_operation.hpp"

namespace jsnorm::test::api {
namespace {

class ArgsStruct : public EachOperation {
  protected:
    std::string init_function() const { return operation().function + "ArgsInit"; }
};
INSTANTIATE_TEST_SUITE_P(Operations, ArgsStruct, testing::ValuesIn(all_operations()),
                         operation_name);

constexpr size_t kBufferBytes = 1024;
constexpr std::byte kGarbage{0xCD};

struct alignas(16) Buffer {
    std::array<std::byte, kBufferBytes> bytes;
    Buffer() { bytes.fill(kGarbage); }
    size_t struct_size() const {
        size_t size = 0;
        std::memcpy(&size, bytes.data(), sizeof size);
        return size;
    }
    bool is(std::byte value, size_t begin, size_t end) const {
        return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                           bytes.begin() + static_cast<std::ptrdiff_t>(end),
                           [=](std::byte byte) { return byte == value; });
    }
};

TEST_P(ArgsStruct, InitWritesTheSizeAndZerosAndNoMore) {
    const size_t known = operation().args_bytes;
    // An older caller's struct, this one's, and a newer one's.
    for (size_t size : {sizeof(size_t), known - 8, known, known + 8, known + 100}) {
        Buffer buffer;
        EXPECT_STATUS(operation().init(buffer.bytes.data(), size), JSNORM_STATUS_SUCCESS);
        EXPECT_EQ(buffer.struct_size(), size);
        EXPECT_TRUE(buffer.is(std::byte{0}, sizeof(size_t), size));
        EXPECT_TRUE(buffer.is(kGarbage, size, kBufferBytes));
    }
}

TEST_P(ArgsStruct, InitRefusesNull) {
    EXPECT_FAILURE(operation().init(nullptr, operation().args_bytes),
                   JSNORM_STATUS_BAD_PARAM_NULL_POINTER, init_function(), "args");
}

TEST_P(ArgsStruct, InitRefusesASizeThatDoesNotHoldTheSize) {
    for (size_t size = 0; size < sizeof(size_t); ++size) {
        Buffer buffer;
        EXPECT_FAILURE(operation().init(buffer.bytes.data(), size),
                       JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT, init_function(), "struct_size",
                       std::to_string(size));
        EXPECT_TRUE(buffer.is(kGarbage, 0, kBufferBytes));
    }
}

TEST_P(ArgsStruct, ASizeThatDoesNotHoldTheSizeIsRefused) {
    for (size_t size = 0; size < sizeof(size_t); ++size) {
        Call call(handle, operation());
        call.set_struct_size(size);
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT,
                        {"args.struct_size", std::to_string(size)});
    }
}

// What an uninitialised struct may hold: it must not be believed and read to its end.
TEST_P(ArgsStruct, ASizeBeyondReasonIsRefused) {
    for (size_t size : {size_t{1} << 20, size_t{0xCDCDCDCDCDCDCDCD}, ~size_t{0}}) {
        Call call(handle, operation());
        call.set_struct_size(size);
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM, {"args.struct_size"});
    }
}

TEST_P(ArgsStruct, AnUnknownTailOfZerosIsAccepted) {
    const size_t known = operation().args_bytes;
    for (size_t tail : {8, 16, 64, 256}) {
        Call longer(handle, operation()), usual(handle, operation());
        longer.set_struct_size(known + tail);
        EXPECT_STATUS(longer.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_STATUS(usual.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_TRUE(longer.outputs() == usual.outputs());
    }
}

TEST_P(ArgsStruct, AnyOtherUnknownTailIsRefused) {
    const size_t known = operation().args_bytes;
    for (size_t tail : {8, 64, 256}) {
        for (size_t place : {size_t{0}, tail / 2, tail - 1}) {
            Call call(handle, operation());
            call.set_struct_size(known + tail);
            call.raw_args()[known + place] = std::byte{1};
            expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM,
                            {"args", std::to_string(known + place), std::to_string(known + tail)});
        }
    }
}

TEST_P(ArgsStruct, WhatFollowsTheStructIsNotRead) {
    Call call(handle, operation());
    std::memset(call.raw_args() + operation().args_bytes, 0xFF, 256);
    EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
}

TEST_P(ArgsStruct, AMissingTailReadsAsNullAndZero) {
    // The members are still set: only the size says that they are not there.
    Call without_bytes(handle, operation()), without_workspace(handle, operation());
    without_bytes.set_struct_size(operation().workspace_bytes_offset);
    without_workspace.set_struct_size(operation().workspace_offset);
    if (without_bytes.workspace_bytes() != 0) {
        expect_rejected(handle, without_bytes, JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT,
                        {"args.workspace_bytes"});
        expect_rejected(handle, without_workspace, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                        {"args.workspace"});
    } else {
        EXPECT_STATUS(without_bytes.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_STATUS(without_workspace.run(handle), JSNORM_STATUS_SUCCESS);
    }
    Call with_size_alone(handle, operation());
    with_size_alone.set_struct_size(sizeof(size_t));
    expect_rejected(handle, with_size_alone, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, {"args.x_desc"});
}

}  // namespace
}  // namespace jsnorm::test::api
