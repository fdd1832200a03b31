// SPDX-License-Identifier: Apache-2.0
//
// The same bits while another stream keeps the device busy: blocks then start in any order and
// finish in any other.

#include <gtest/gtest.h>

#include "tests/gpu/layer.hpp"

namespace jsnorm::test::gpu {
namespace {

// Large enough for many blocks a kernel, on a device.
std::vector<LayerShape> shapes() {
    const int64_t n = is_asynchronous() ? 32 : 1;
    return {
        {"BatchNormNhwcHalf", JSNORM_BATCH_NORM, JSNORM_HALF, {n, 64, 28, 28}, true},
        {"BatchNormNchwFloat", JSNORM_BATCH_NORM, JSNORM_FLOAT, {n, 64, 28, 28}},
        {"BatchNormOddChannels", JSNORM_BATCH_NORM, JSNORM_BFLOAT16, {n, 37, 14, 14}, true},
        {"InstanceNormFloat", JSNORM_INSTANCE_NORM, JSNORM_FLOAT, {n, 32, 28, 28}},
        {"LayerNormCoupled", JSNORM_LAYER_NORM, JSNORM_HALF, {n, 64, 768}},
        {"LayerNormRows", JSNORM_LAYER_NORM, JSNORM_BFLOAT16, {64 * n, 1024}},
        {"GroupNormHalf", JSNORM_GROUP_NORM, JSNORM_HALF, {n, 64, 14, 14}, true},
    };
}

class UnderLoad : public testing::TestWithParam<LayerShape> {};

TEST_P(UnderLoad, EveryRepeatHasTheBitsOfTheFirst) {
    const int repeats = is_asynchronous() ? 200 : 2;
    const Handle handle(test_backend());
    const Stream stream;
    const Layer layer(handle.get(), GetParam(), 1);
    layer.forward();
    layer.backward();
    wait_for_backend();
    const auto everything = [&] {
        std::vector<std::vector<std::byte>> bytes;
        for (const DeviceBytes *result :
             {&layer.y, &layer.dx, &layer.dgamma, &layer.dbeta, &layer.mean, &layer.variance})
            bytes.push_back(result->read());
        return bytes;
    };
    const auto expected = everything();
    require(jsnormSetStream(handle.get(), stream.get()), "jsnormSetStream");
    Load load;
    for (int repeat = 0; repeat < repeats; ++repeat) {
        load.more();
        layer.forward();
        layer.backward();
        if (repeat % 20 != 0 && repeat + 1 != repeats) continue;
        stream.wait();
        ASSERT_TRUE(everything() == expected) << "repeat " << repeat;
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes, UnderLoad, testing::ValuesIn(shapes()),
                         [](const auto &with) { return std::string(with.param.name); });

}  // namespace
}  // namespace jsnorm::test::gpu
