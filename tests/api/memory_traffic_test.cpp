// SPDX-License-Identifier: Apache-2.0
//
// jsnormMemoryTraffic_t: the sizes that callers of any version give it.
#include "tests/api/api_fixture.hpp"

#include <array>

namespace jsnorm::test::api {
namespace {

constexpr std::byte kGarbage{0xCD};
constexpr size_t kKnown = sizeof(jsnormMemoryTraffic_t);

// Room for structs of older and newer versions.
struct alignas(16) Room {
    std::array<std::byte, 2 * kKnown> bytes;
    explicit Room(size_t struct_size) {
        bytes.fill(kGarbage);
        std::memcpy(bytes.data(), &struct_size, sizeof struct_size);
    }
    jsnormMemoryTraffic_t *traffic() {
        return reinterpret_cast<jsnormMemoryTraffic_t *>(bytes.data());
    }
    uint64_t word(size_t offset) const {
        uint64_t value = 0;
        std::memcpy(&value, bytes.data() + offset, sizeof value);
        return value;
    }
    bool is_garbage_from(size_t begin) const {
        for (size_t i = begin; i < bytes.size(); ++i) {
            if (bytes[i] != kGarbage) return false;
        }
        return true;
    }
};

class MemoryTrafficStruct : public testing::Test {
  protected:
    jsnormStatus_t ask(Room &room) {
        return jsnormGetMemoryTraffic(handle, norm, x, JSNORM_BACKWARD, 0, room.traffic());
    }
    Handle handle;
    NormDesc norm;
    TensorDesc x{JSNORM_FLOAT, {3, 5, 4}};
};

TEST_F(MemoryTrafficStruct, IsFilledAsFarAsTheCallersVersionReaches) {
    Room whole(kKnown);
    EXPECT_STATUS(ask(whole), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(whole.traffic()->struct_size, kKnown);
    EXPECT_EQ(whole.traffic()->least_tensor_bytes, 3u * 3 * 5 * 4 * 4);
    EXPECT_TRUE(whole.is_garbage_from(kKnown));
    for (size_t size = sizeof(size_t); size < kKnown; size += 8) {
        Room older(size);
        EXPECT_STATUS(ask(older), JSNORM_STATUS_SUCCESS);
        EXPECT_EQ(older.word(0), size);
        for (size_t at = 8; at < size; at += 8) EXPECT_EQ(older.word(at), whole.word(at));
        EXPECT_TRUE(older.is_garbage_from(size)) << size;
    }
    Room newer(kKnown + 16);
    EXPECT_STATUS(ask(newer), JSNORM_STATUS_SUCCESS);
    for (size_t at = 8; at < kKnown; at += 8) EXPECT_EQ(newer.word(at), whole.word(at));
    EXPECT_EQ(newer.word(kKnown), 0u);
    EXPECT_EQ(newer.word(kKnown + 8), 0u);
    EXPECT_TRUE(newer.is_garbage_from(kKnown + 16));
}

TEST_F(MemoryTrafficStruct, WithoutASizeIsRefused) {
    const struct {
        size_t size;
        jsnormStatus_t status;
    } cases[] = {{0, JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT},
                 {7, JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT},
                 {65537, JSNORM_STATUS_BAD_PARAM},
                 {SIZE_MAX, JSNORM_STATUS_BAD_PARAM}};
    for (const auto &[size, status] : cases) {
        Room room(size);
        EXPECT_FAILURE(ask(room), status, "jsnormGetMemoryTraffic", "traffic.struct_size",
                       std::to_string(size));
        EXPECT_TRUE(room.is_garbage_from(sizeof(size_t)));
    }
}

TEST_F(MemoryTrafficStruct, InitWritesTheSizeAndZeros) {
    Room room(0);
    EXPECT_STATUS(jsnormMemoryTrafficInit(room.traffic(), kKnown), JSNORM_STATUS_SUCCESS);
    EXPECT_EQ(room.word(0), kKnown);
    for (size_t at = 8; at < kKnown; at += 8) EXPECT_EQ(room.word(at), 0u);
    EXPECT_TRUE(room.is_garbage_from(kKnown));
    EXPECT_FAILURE(jsnormMemoryTrafficInit(nullptr, kKnown), JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                   "jsnormMemoryTrafficInit", "traffic");
    EXPECT_FAILURE(jsnormMemoryTrafficInit(room.traffic(), 7),
                   JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT, "jsnormMemoryTrafficInit",
                   "struct_size", "7");
}

}  // namespace
}  // namespace jsnorm::test::api
