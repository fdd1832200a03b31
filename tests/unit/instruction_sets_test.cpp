// SPDX-License-Identifier: Apache-2.0
//
// The kernels of the CPU backend give the same bits on every instruction set (src/cpu/kernels.hpp).

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "src/cpu/kernels.hpp"
#include "src/cpu/tree.hpp"
#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

using cpu::InstructionSet;

constexpr int64_t kRoom = 8192;

// What a kernel may read and write; outputs begin alike.
template <typename T>
struct Memory {
    using Acc = Compute<T>;
    std::vector<T> x, dy, z, y, dz;
    std::vector<Acc> coefficients, parameters, dgamma, dbeta;
    std::vector<uint32_t> mask;
    std::vector<double> sums;
    Moments moments[cpu::kCellsPerTile];
    cpu::GradientSums gradients[cpu::kCellsPerTile];

    explicit Memory(uint64_t seed) {
        Random random(seed);
        const auto fill = [&](auto &values, size_t count, double size) {
            using Value = typename std::remove_reference_t<decltype(values)>::value_type;
            values.resize(count);
            for (Value &value : values) {
                if constexpr (sizeof(Value) == 2)
                    value = narrow<Value>(static_cast<float>(size * random.normal()));
                else
                    value = static_cast<Value>(size * random.normal());
            }
        };
        for (auto *values : {&x, &dy, &z, &y, &dz}) fill(*values, kRoom, 3);
        x[5] = narrow<T>(std::numeric_limits<Acc>::infinity());
        x[77] = narrow<T>(Acc(1e-41));
        for (auto *values : {&coefficients, &parameters, &dgamma, &dbeta})
            fill(*values, 5 * 2048, 1);
        fill(sums, 4 * 2048, 1);
        mask.assign(kRoom / 32 + 2, 0);
    }

    cpu::GradientTile<T> gradient(const cpu::Tile &tile, int64_t outer, int64_t inner,
                                  cpu::Gate gate, bool per_element) {
        return {tile,
                {x.data(), outer, inner},
                {dy.data(), outer, inner},
                gate,
                {mask.data(), 3, outer, inner},
                {coefficients.data(), 2048},
                {coefficients.data(), 2048},
                {parameters.data(), parameters.data() + 2048},
                per_element};
    }

    bool operator==(const Memory &other) const {
        const auto same = [](const auto &a, const auto &b) {
            return std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0;
        };
        return same(y, other.y) && same(dz, other.dz) && same(dgamma, other.dgamma) &&
               same(dbeta, other.dbeta) && same(mask, other.mask) && same(sums, other.sums) &&
               std::memcmp(moments, other.moments, sizeof moments) == 0 &&
               std::memcmp(gradients, other.gradients, sizeof gradients) == 0;
    }
};

// Every kernel once, on tiles of runs of `length` elements.
template <typename T>
Memory<T> all_kernels(InstructionSet set, int64_t length, bool past_cache) {
    const cpu::Kernels<T> &kernels = cpu::kernels_for<T>(set);
    Memory<T> m(static_cast<uint64_t>(length));
    const int64_t inner = std::min<int64_t>(3, kRoom / (2 * length));
    const cpu::Tile rows = {2, inner, length};
    const cpu::Tile one = {1, inner, length};
    const int64_t outer = inner * length;
    for (const bool per_element : {false, true}) {
        kernels.moments_of_rows(rows, {m.x.data() + 6, outer, length}, m.moments);
        kernels.forward_of_rows({rows,
                                 {m.x.data(), outer, length},
                                 {m.z.data(), outer, length},
                                 {m.y.data(), outer, length},
                                 {m.mask.data(), 3, outer, length},
                                 {m.coefficients.data(), 2048},
                                 {m.parameters.data(), m.parameters.data() + 2048},
                                 per_element,
                                 true,
                                 past_cache});
        const auto gradient = m.gradient(rows, outer, length, cpu::Gate::kMask, per_element);
        kernels.gradient_sums_of_rows(gradient, m.gradients);
        kernels.backward_of_rows({gradient,
                                  {m.y.data(), outer, length},
                                  {m.dz.data(), outer, length},
                                  true,
                                  past_cache});
    }
    kernels.parameter_gradients(m.gradient(one, 0, length, cpu::Gate::kRecompute, true),
                                m.dgamma.data(), m.dbeta.data());
    const cpu::Tile columns = {2 * inner, 1, length};
    double *sums = m.sums.data();
    kernels.moments_of_columns({2 * inner - 1, 1, length, 0}, {m.x.data() + 6, length, 0}, 7,
                               {sums, sums + 2048});
    const auto gradient = m.gradient(columns, length, 0, cpu::Gate::kRecompute, false);
    kernels.gradient_sums_of_columns(gradient, {sums + 2 * 2048, sums + 3 * 2048});
    kernels.backward_of_columns(
        {gradient, {m.y.data(), length, 0}, {m.dz.data(), length, 0}, true, past_cache});
    kernels.forward_of_columns({columns,
                                {m.x.data(), length, 0},
                                {},
                                {m.y.data(), length, 0},
                                {m.mask.data(), 3, length, 0},
                                {m.coefficients.data(), 2048},
                                {m.parameters.data(), m.parameters.data() + 2048},
                                false,
                                true,
                                past_cache});
    return m;
}

template <typename T>
class InstructionSets : public testing::Test {};
using Types = testing::Types<float, double, Half, BFloat16>;
class TypeNames {
  public:
    template <typename T>
    static std::string GetName(int i) {
        const char *const names[] = {"float", "double", "half", "bfloat16"};
        return names[i];
    }
};
TYPED_TEST_SUITE(InstructionSets, Types, TypeNames);

TYPED_TEST(InstructionSets, GiveTheSameBits) {
    for (const auto set : {InstructionSet::kAvx2, InstructionSet::kAvx512}) {
        if (set > cpu::instruction_set()) continue;  // not on this processor
        for (const int64_t length : {1, 2, 7, 15, 16, 17, 31, 32, 33, 49, 100, 1000})
            for (const bool past_cache : {false, true}) {
                const auto expected =
                    all_kernels<TypeParam>(InstructionSet::kBaseline, length, past_cache);
                const auto got = all_kernels<TypeParam>(set, length, past_cache);
                EXPECT_TRUE(got == expected)
                    << name_of(set) << ", runs of " << length << (past_cache ? ", past" : "");
            }
    }
}

}  // namespace
}  // namespace jsnorm::test
