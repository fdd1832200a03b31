// SPDX-License-Identifier: Apache-2.0
//
// The kernels of the CPU backend give the same bits on every instruction set (src/cpu/kernels.hpp).

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "src/cpu/cut.hpp"
#include "src/cpu/kernels.hpp"
#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

using cpu::InstructionSet;

constexpr int64_t kRoom = 8192;

// Where runs of outputs lie: the first begins `first` elements after the beginning of a cache line,
// and `gap` elements separate neighbouring runs.
struct Place {
    int64_t first;
    int64_t gap;
};

// What a kernel may read and write. Outputs begin with the same bytes for every instruction set.
template <typename T>
struct Memory {
    using Acc = Compute<T>;
    std::vector<T> x, dy, z, output, dz, kept;
    T *line;  // the first that begins in `output`
    std::vector<Acc> coefficients, parameters, dgamma, dbeta;
    std::vector<uint32_t> mask;
    std::vector<double> sums;
    Moments moments[cpu::kCellsPerTile];
    GradientSums gradients[cpu::kCellsPerTile] = {};

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
        for (auto *values : {&x, &dy, &z, &dz}) fill(*values, kRoom, 3);
        output.resize(kRoom + 64);
        start_outputs();
        x[5] = narrow<T>(std::numeric_limits<Acc>::infinity());
        x[77] = narrow<T>(Acc(1e-41));
        for (auto *values : {&coefficients, &parameters, &dgamma, &dbeta})
            fill(*values, 5 * 2048, 1);
        fill(sums, 4 * 2048, 1);
        mask.assign(kRoom / 32 + 2, 0);
    }

    // In a copy, which lies elsewhere, before anything is written.
    void start_outputs() {
        void *begin = output.data();
        size_t room = output.size() * sizeof(T);
        line = static_cast<T *>(std::align(64, kRoom * sizeof(T), begin, room));
        std::copy(z.begin(), z.end(), line);
    }

    cpu::GradientInput<T> gradient(const cpu::Tile &tile, int64_t outer, int64_t inner, Gate gate,
                                   bool per_element) {
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

    // The next kernel writes over them.
    void keep_outputs() { kept.insert(kept.end(), line, line + kRoom); }

    bool operator==(const Memory &other) const {
        const auto same = [](const auto &a, const auto &b) {
            return std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0;
        };
        return same(kept, other.kept) && same(dz, other.dz) && same(dgamma, other.dgamma) &&
               same(dbeta, other.dbeta) && same(mask, other.mask) && same(sums, other.sums) &&
               std::memcmp(moments, other.moments, sizeof moments) == 0 &&
               std::memcmp(gradients, other.gradients, sizeof gradients) == 0;
    }
};

// Every kernel once, on a copy of `fresh`, on tiles of runs of `length` elements. `plain`: without
// residual, activation and mask.
template <typename T>
Memory<T> all_kernels(const Memory<T> &fresh, InstructionSet set, int64_t length,
                      const Place &place, bool plain, bool past_cache, bool near) {
    const cpu::Kernels<T> &kernels = cpu::kernels_for<T>(set);
    Memory<T> m = fresh;
    m.start_outputs();
    const int64_t inner = std::min<int64_t>(5, (kRoom - 64) / (2 * (length + place.gap)));
    T *y = m.line + place.first;
    const int64_t y_inner = length + place.gap;
    const int64_t y_outer = inner * y_inner;
    const cpu::Tile rows = {2, inner, length};
    const cpu::Tile one = {1, inner, length};
    const int64_t outer = inner * length;
    const auto runs = [](auto *data, int64_t to_outer, int64_t to_inner, bool absent = false) {
        return absent ? cpu::Runs<std::remove_pointer_t<decltype(data)>>{}
                      : cpu::Runs<std::remove_pointer_t<decltype(data)>>{data, to_outer, to_inner};
    };
    const auto mask = [&](int64_t to_outer, int64_t to_inner) {
        return plain ? cpu::MaskRuns<uint32_t>{}
                     : cpu::MaskRuns<uint32_t>{m.mask.data(), 3, to_outer, to_inner};
    };
    const T *x = m.x.data();
    const T *z = m.z.data();
    const Gate by_mask = plain ? Gate::kNone : Gate::kMask;
    for (const bool per_element : {false, true}) {
        kernels.moments_of_rows(rows, {x + 6, outer, length}, m.moments);
        kernels.moments_of_rows(one, {x + 6, outer, length}, m.moments);
        kernels.forward_of_rows({rows,
                                 {x, outer, length},
                                 runs(z, outer, length, plain),
                                 {y, y_outer, y_inner},
                                 mask(outer, length),
                                 {m.coefficients.data(), 2048},
                                 {m.parameters.data(), m.parameters.data() + 2048},
                                 per_element,
                                 !plain,
                                 past_cache});
        m.keep_outputs();
        const auto gradient = m.gradient(rows, outer, length, by_mask, per_element);
        kernels.gradient_sums_of_rows(gradient, m.gradients);
        kernels.backward_of_rows({gradient,
                                  {y, y_outer, y_inner},
                                  runs(m.dz.data(), outer, length, plain),
                                  true,
                                  past_cache});
        m.keep_outputs();
        kernels.backward_of_rows({gradient, {}, {y, y_outer, y_inner}, true, past_cache});
        m.keep_outputs();
    }
    kernels.parameter_gradients(m.gradient(one, 0, length, Gate::kRecompute, true), m.dgamma.data(),
                                m.dbeta.data());
    const cpu::Tile columns = {2 * inner, 1, length};
    double *sums = m.sums.data();
    kernels.moments_of_columns({2 * inner - 1, 1, length, 0}, {x + 6, length, 0}, 7,
                               {sums, sums + 2048});
    const Gate by_sign = plain ? Gate::kNone : Gate::kRecompute;
    const auto gradient = m.gradient(columns, length, 0, by_sign, false);
    kernels.gradient_sums_of_columns(gradient, {sums + 2 * 2048, sums + 3 * 2048});
    kernels.backward_of_columns(
        {gradient, {y, y_inner, 0}, runs(m.dz.data(), length, 0, plain), true, past_cache, near});
    m.keep_outputs();
    kernels.forward_of_columns({columns,
                                {x, length, 0},
                                {},
                                {y, y_inner, 0},
                                mask(length, 0),
                                {m.coefficients.data(), 2048},
                                {m.parameters.data(), m.parameters.data() + 2048},
                                false,
                                !plain,
                                past_cache,
                                near});
    m.keep_outputs();
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

TYPED_TEST(InstructionSets, GiveTheSameBitsThroughTheCachesAndPast) {
    const Place places[] = {{0, 0}, {0, 5}, {1, 0}, {4, 16}, {15, 0}, {31, 1}};
    for (const int64_t length : {1, 2, 7, 15, 16, 17, 31, 32, 33, 49, 64, 100, 128, 1000}) {
        const Memory<TypeParam> fresh(static_cast<uint64_t>(length));
        for (const Place &place : places)
            for (const bool plain : {false, true}) {
                const auto expected = all_kernels<TypeParam>(fresh, InstructionSet::kBaseline,
                                                             length, place, plain, false, false);
                for (const auto set :
                     {InstructionSet::kBaseline, InstructionSet::kAvx2, InstructionSet::kAvx512}) {
                    if (set > cpu::instruction_set()) continue;  // not on this processor
                    for (const bool past_cache : {false, true}) {
                        const auto got = all_kernels<TypeParam>(fresh, set, length, place, plain,
                                                                past_cache, !past_cache);
                        EXPECT_TRUE(got == expected)
                            << name_of(set) << ", runs of " << length << " from " << place.first
                            << " on, " << place.gap << " apart" << (plain ? ", plain" : "")
                            << (past_cache ? ", past" : "");
                    }
                }
            }
    }
}

}  // namespace
}  // namespace jsnorm::test
