// SPDX-License-Identifier: Apache-2.0
//
// Tensors of more than 2^31 elements: a small one, repeated. Every sample must then come out as it
// does in the small one, wherever it lies: to the bit where samples are groups of their own, within
// the rules of the tests where they are averaged. Statistics and gradients of parameters must be
// the sums over the tensor as it lies there.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/gpu/layer.hpp"
#include "tests/gpu/segment_sums.hpp"
#include "tests/support/oracle_shrinkage.hpp"
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

class LargeTensor : public testing::TestWithParam<LayerShape> {
  protected:
    // More than 2^31 elements, in whole repetitions.
    static LayerShape large_shape() {
        const LayerShape small = GetParam();
        const int64_t period = small.dims[0];
        return small.with_samples((large_elements() / small.elements() + 1) * period);
    }
    void SetUp() override {
        const size_t needed = 4 * Layer::tensor_bytes(large_shape()) + (size_t{2} << 30);
        if (free_memory() < needed)
            GTEST_SKIP() << "needs " << needed / 1e9 << " GB of memory, " << free_memory() / 1e9
                         << " GB are free";
    }
};

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
    const int64_t samples = large_shape().dims[0];
    const Handle handle(test_backend());
    const Layer small(handle.get(), shape, period);
    const Layer large(handle.get(), large_shape(), period);
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

// Whose sums are taken: of packed tensors in their memory order.
struct Sums {
    Entries statistics, parameters;
    int64_t per_group;  // statistics that are shrunk together
};

Sums sums_of(const LayerShape &shape) {
    const int64_t samples = shape.dims[0], channels = shape.dims[1];
    const int64_t spatial = shape.elements() / samples / channels;
    switch (shape.kind) {
        case JSNORM_LAYER_NORM: {
            const int64_t width = shape.dims.back(), rows = shape.elements() / width;
            return {{rows, width}, {width, 1}, rows / samples};
        }
        case JSNORM_INSTANCE_NORM:
            return {{samples * channels, spatial}, {channels, spatial}, channels};
        default: {
            const Entries entries = {channels, shape.channels_last ? 1 : spatial};
            return {entries, entries, channels};
        }
    }
}

std::vector<double> values_of(jsnormDataType_t type, const DeviceBytes &vector, int64_t count) {
    const std::vector<std::byte> bytes = vector.read(0, static_cast<size_t>(count) * size_of(type));
    std::vector<double> values;
    for (size_t i = 0; i < bytes.size(); i += size_of(type))
        values.push_back(load(type, bytes.data() + i));
    return values;
}

std::vector<double> shrunk(Shrinkage::Of which, const std::vector<double> &raw, const Sums &sums,
                           int64_t elements_per_statistic) {
    if (sums.per_group < 3) return raw;
    std::vector<double> all;
    const std::vector<double> no_variances;  // JAMES_STEIN does not depend on them
    for (auto group = raw.begin(); group != raw.end(); group += sums.per_group) {
        const std::vector<double> one =
            shrink({which, JSNORM_ESTIMATOR_JAMES_STEIN, 0, 0, elements_per_statistic},
                   {group, group + sums.per_group}, no_variances);
        all.insert(all.end(), one.begin(), one.end());
    }
    return all;
}

double largest(const std::vector<double> &values) {
    double most = 0;
    for (const double value : values) most = std::max(most, std::abs(value));
    return most;
}

void expect_close(const char *what, const std::vector<double> &got,
                  const std::vector<double> &expected, double most) {
    ASSERT_EQ(got.size(), expected.size()) << what;
    size_t worst = 0;
    const auto error = [&](size_t i) { return std::abs(got[i] - expected[i]); };
    for (size_t i = 0; i < got.size(); ++i)
        if (!(error(i) <= error(worst))) worst = i;
    EXPECT_LE(error(worst), most) << what << "[" << worst << "] is " << got[worst] << ", expected "
                                  << expected[worst];
}

// The rules of tolerance.hpp, with the sizes that they are relative to.
TEST_P(LargeTensor, StatisticsAndGradientsAreSumsOverAllOfIt) {
    const LayerShape shape = large_shape();
    const Sums sums = sums_of(shape);
    const Handle handle(test_backend());
    const Layer layer(handle.get(), shape, GetParam().dims[0]);
    layer.forward();
    layer.backward();
    wait_for_backend();
    const auto averages = [&](Term term, const Operands &operands) {
        std::vector<double> result = segment_sums(term, operands, sums.statistics);
        for (double &entry : result)
            entry *=
                static_cast<double>(sums.statistics.count) / static_cast<double>(operands.elements);
        return result;
    };
    Operands x{shape.type, shape.elements(), layer.x.as(), layer.dy.as(), sums.statistics, {}, {}};
    const std::vector<double> mean = x.center = averages(Term::kElement, x);
    const std::vector<double> variance = averages(Term::kSquaredDeviation, x);
    const double base = shape.kind == JSNORM_BATCH_NORM ? kForwardBatch : kForward;
    const int64_t count = sums.statistics.count, per_statistic = shape.elements() / count;
    expect_close("mean", values_of(JSNORM_DOUBLE, layer.mean, count), mean,
                 base * std::sqrt(largest(variance)));
    expect_close("variance", values_of(JSNORM_DOUBLE, layer.variance, count), variance,
                 2 * base * largest(variance));

    constexpr double kEpsilon = 1e-5;
    x.center = shrunk(Shrinkage::Of::Mean, mean, sums, per_statistic);
    x.scale = shrunk(Shrinkage::Of::Variance, variance, sums, per_statistic);
    for (double &entry : x.scale) entry = 1 / std::sqrt(entry + kEpsilon);
    const std::vector<double> dgamma = segment_sums(Term::kGradient, x, sums.parameters);
    Operands dy = x;
    dy.x = layer.dy.as();
    const std::vector<double> dbeta = segment_sums(Term::kElement, dy, sums.parameters);
    const jsnormDataType_t type = default_parameter_type(shape.type);
    const int64_t parameters = sums.parameters.count;
    expect_close("dgamma", values_of(type, layer.dgamma, parameters), dgamma,
                 kParameterGradient * largest(dgamma));
    expect_close("dbeta", values_of(type, layer.dbeta, parameters), dbeta,
                 kParameterGradient * largest(dbeta));
}

INSTANTIATE_TEST_SUITE_P(Shapes, LargeTensor, testing::ValuesIn(shapes()),
                         [](const auto &with) { return std::string(with.param.name); });

}  // namespace
}  // namespace jsnorm::test::gpu
