// SPDX-License-Identifier: Apache-2.0
//
// Tensors of more than 2^31 elements: a small one, repeated. Every sample must then come out as it
// does in the small one, wherever it lies: to the bit where samples are groups of their own, within
// the rules of the tests where they are averaged.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/gpu/layer.hpp"
#include "tests/support/tolerance.hpp"

namespace jsnorm::test::gpu {
namespace {

// Small in the stand-in, which computes every element by hand.
int64_t on_device(int64_t there, int64_t here) {
    return is_asynchronous() ? there : here;
}

std::vector<LayerShape> shapes() {
    const int64_t side = on_device(100, 10);
    return {
        {"BatchNormNchwHalf", JSNORM_BATCH_NORM, JSNORM_HALF, {2, 32, side, side}},
        {"BatchNormNhwcHalf", JSNORM_BATCH_NORM, JSNORM_HALF, {2, 32, side, side}, true},
        {"BatchNormTwoChannelsBfloat16", JSNORM_BATCH_NORM, JSNORM_BFLOAT16, {128, 2}},
        {"InstanceNormHalf", JSNORM_INSTANCE_NORM, JSNORM_HALF, {2, 32, side, side}},
        {"LayerNormRowsBfloat16", JSNORM_LAYER_NORM, JSNORM_BFLOAT16, {64, 512}},
        {"LayerNormCoupledHalf", JSNORM_LAYER_NORM, JSNORM_HALF, {2, 64, 512}},
    };
}

class LargeTensor : public testing::TestWithParam<LayerShape> {};

// `count` samples from `begin` on of a tensor, and the same ones of the small tensor.
void expect_samples(const char *what, const LayerShape &shape, const DeviceBytes &large,
                    const DeviceBytes &small, int64_t begin, bool same_bits) {
    const int64_t period = shape.dims[0];
    const int64_t elements = shape.elements() / period;
    const size_t size = size_of(shape.type);
    const auto bytes = static_cast<size_t>(elements) * size;
    const std::vector<std::byte> got = large.read(static_cast<size_t>(begin) * bytes, bytes);
    const std::vector<std::byte> expected =
        small.read(static_cast<size_t>(begin % period) * bytes, bytes);
    if (same_bits) {
        EXPECT_TRUE(got == expected) << what << " of sample " << begin;
        return;
    }
    double largest = 0, worst = 0;
    for (size_t i = 0; i < bytes; i += size) {
        const double e = load(shape.type, expected.data() + i);
        const double g = load(shape.type, got.data() + i);
        largest = std::max(largest, std::abs(e));
        worst = std::isnan(g) ? INFINITY : std::max(worst, std::abs(g - e));
    }
    EXPECT_GT(largest, 0);
    EXPECT_LE(worst, scaled_to(shape.type, 2 * kForwardBatch) * std::max(largest, 1.0))
        << what << " of sample " << begin;
}

TEST_P(LargeTensor, EverySampleComesOutAsInASmallOne) {
    const LayerShape shape = GetParam();
    const int64_t period = shape.dims[0];
    const int64_t per_sample = shape.elements() / period;
    const int64_t samples = (large_elements() / per_sample / period + 1) * period;
    const LayerShape large_shape = shape.with_samples(samples);
    const size_t needed = 4 * Layer::tensor_bytes(large_shape) + (size_t{2} << 30);
    if (free_memory() < needed)
        GTEST_SKIP() << "needs " << needed / 1e9 << " GB of memory, " << free_memory() / 1e9
                     << " GB are free";
    const Handle handle(test_backend());
    const Layer small(handle.get(), shape, period);
    const Layer large(handle.get(), large_shape, period);
    for (const Layer *layer : {&small, &large}) {
        layer->forward();
        layer->backward();
    }
    wait_for_backend();
    const bool own_groups = shape.kind != JSNORM_BATCH_NORM;
    const int64_t boundary = std::min(samples - 1, (int64_t{1} << 31) / per_sample);
    for (const int64_t sample : {int64_t{0}, samples / 2, boundary, samples - 2, samples - 1}) {
        expect_samples("y", shape, large.y, small.y, sample, own_groups);
        expect_samples("dx", shape, large.dx, small.dx, sample, own_groups);
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes, LargeTensor, testing::ValuesIn(shapes()),
                         [](const auto &with) { return std::string(with.param.name); });

}  // namespace
}  // namespace jsnorm::test::gpu
