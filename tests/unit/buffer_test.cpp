// SPDX-License-Identifier: Apache-2.0

#include "tests/support/buffer.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <stdexcept>

#include "tests/support/layout.hpp"

namespace jsnorm::test {
namespace {

Memory &host() {
    return memory_of(JSNORM_BACKEND_CPU);
}

// AddressSanitizer would stop at a stray write; here it is the canary's turn.
void write_astray(void *pointer, std::ptrdiff_t offset) {
    auto *where = static_cast<unsigned char *>(pointer) + offset;
    host().permit(where, 1);
    *where = 0;
}

TEST(GuardedBuffer, IsFilledAndLiesWhereAsked) {
    const GuardedBuffer buffer(host(), 10, 6);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 256, 6u);
    EXPECT_EQ(buffer.read(), std::vector<std::byte>(10, std::byte{0xFF}));
    EXPECT_NO_THROW(buffer.check_guards("buffer"));
    EXPECT_NE(GuardedBuffer(host(), 0).data(), nullptr);
    EXPECT_EQ(GuardedBuffer(host(), 1, 0, 7).read()[0], std::byte{7});
}

TEST(GuardedBuffer, NoticesAStrayByteOnEitherSide) {
    for (const std::ptrdiff_t offset : {-256, -1, 10, 10 + 255}) {
        const GuardedBuffer buffer(host(), 10, 6);
        write_astray(buffer.data(), offset);
        EXPECT_THROW(buffer.check_guards("buffer"), std::runtime_error) << offset;
    }
    const GuardedBuffer buffer(host(), 10);
    write_astray(buffer.data(), 9);
    EXPECT_NO_THROW(buffer.check_guards("buffer"));
}

TEST(Layout, GivesEveryElementAPlaceOfItsOwn) {
    const std::vector<int64_t> dims = {2, 3, 1, 4};
    for (const Layout layout : every_layout()) {
        const std::vector<int64_t> places = storage_indices(layout, dims);
        const std::set<int64_t> distinct(places.begin(), places.end());
        EXPECT_EQ(distinct.size(), 24u) << name_of(layout);
        EXPECT_EQ(*distinct.begin(), 0) << name_of(layout);
        EXPECT_EQ(*distinct.rbegin() == 23, layout != Layout::Strided) << name_of(layout);
        // The strides say the same as the places, from element 0 on.
        const std::vector<int64_t> strides = strides_of(layout, dims);
        for (int64_t e = 0; e < 24; ++e)
            EXPECT_EQ(places[static_cast<size_t>(e)] - places[0],
                      e / 12 * strides[0] + e / 4 % 3 * strides[1] + e % 4 * strides[3])
                << name_of(layout);
    }
    EXPECT_EQ(strides_of(Layout::ChannelsLast, {2, 3, 5, 4}), (std::vector<int64_t>{60, 1, 12, 3}));
}

TEST(TensorBuffer, ReadsBackWhatWasWritten) {
    const std::vector<double> values = {0, 1, -2, 3.5, 4, 5, 6, 7};
    for (const Layout layout : every_layout())
        for (const auto type : {JSNORM_DOUBLE, JSNORM_FLOAT, JSNORM_HALF, JSNORM_BFLOAT16}) {
            TensorBuffer tensor(host(), type, {2, 2, 2}, layout, 3);
            tensor.write(values);
            EXPECT_EQ(tensor.read(), values) << name_of(layout);
            EXPECT_NO_THROW(tensor.check_input("tensor"));
        }
}

TEST(TensorBuffer, NoticesAWriteToAGapOrToAnInput) {
    TensorBuffer output(host(), JSNORM_HALF, {2, 2}, Layout::Strided, 0);
    EXPECT_NO_THROW(output.check_output("output"));
    static_cast<uint16_t *>(output.data())[2] = 1;  // an element: stride 2
    EXPECT_NO_THROW(output.check_output("output"));
    static_cast<uint16_t *>(output.data())[1] = 1;  // between two elements
    EXPECT_THROW(output.check_output("output"), std::runtime_error);

    TensorBuffer input(host(), JSNORM_HALF, {2, 2}, Layout::Packed, 0);
    input.write({1, 2, 3, 4});
    static_cast<uint16_t *>(input.data())[3] = 0;
    EXPECT_THROW(input.check_input("input"), std::runtime_error);
}

TEST(TensorBuffer, HoldsNothingOfAZeroSize) {
    for (const Layout layout : every_layout()) {
        TensorBuffer tensor(host(), JSNORM_FLOAT, {2, 0, 3}, layout, 1);
        tensor.write({});
        EXPECT_NE(tensor.data(), nullptr);
        EXPECT_TRUE(tensor.read().empty());
        EXPECT_NO_THROW(tensor.check_input("tensor"));
    }
}

}  // namespace
}  // namespace jsnorm::test
