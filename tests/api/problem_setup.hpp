// SPDX-License-Identifier: Apache-2.0
//
// The small problem that every call of these tests is about, and the numbers that fill its inputs.
#pragma once

#include "tests/api/api_fixture.hpp"

#include <array>
#include <cmath>
#include <new>

#include "tests/support/buffer.hpp"
#include "tests/support/test_backend.hpp"

namespace jsnorm::test::api {

struct Problem {
    jsnormNormKind_t kind = JSNORM_BATCH_NORM;
    std::vector<int64_t> dims = {3, 5, 2, 2};
    std::vector<int64_t> strides = {};  // of every tensor; empty: packed
    jsnormDataType_t type = JSNORM_FLOAT;
    jsnormDataType_t parameter_type = JSNORM_FLOAT;
    jsnormDataType_t running_type = JSNORM_FLOAT;
    jsnormActivation_t activation = JSNORM_ACTIVATION_RELU;
    jsnormParameterGradientScope_t scope = JSNORM_PARAMETER_GRADIENT_LOCAL;
    jsnormRecordFormat_t record_format = JSNORM_RECORD_MOMENTS;
};

// Scratch memory of its own.
class Workspace {
  public:
    explicit Workspace(size_t bytes) : data_(memory_of(test_backend()).allocate(bytes + 1)) {}
    ~Workspace() { memory_of(test_backend()).release(data_); }
    Workspace(const Workspace &) = delete;
    Workspace &operator=(const Workspace &) = delete;
    void *data() { return data_; }

  private:
    void *data_;
};

// A new norm descriptor of the problem, not frozen yet.
class ProblemNorm : public NormDesc {
  public:
    explicit ProblemNorm(const Problem &problem) : NormDesc(problem.kind) {
        require(jsnormSetNormActivation(*this, problem.activation));
        if (is_batch_kind(problem.kind)) {
            require(jsnormSetNormParameterGradientScope(*this, problem.scope));
        }
    }
};

// A pattern without a short period, of powers of two, which every data type holds exactly.
inline double pattern_value(size_t i, bool positive) {
    static constexpr std::array<double, 7> kValues = {1, -0.5, 2, 0.25, -1, 0.5, -2};
    const double v = kValues[(i * 7919 % 97) % kValues.size()];
    return positive ? std::abs(v) : v;
}

// Exact for powers of two: their significands have no bits beyond the hidden one.
inline uint16_t short_bits(double v, jsnormDataType_t type) {
    int exponent = 0;
    std::frexp(v, &exponent);
    const int bias = type == JSNORM_HALF ? 15 : 127;
    const int shift = type == JSNORM_HALF ? 10 : 7;
    return static_cast<uint16_t>((v < 0 ? 0x8000 : 0) | ((exponent - 1 + bias) << shift));
}

inline void store(std::byte *at, jsnormDataType_t type, double v) {
    const auto as_float = static_cast<float>(v);
    const uint16_t as_short = short_bits(v, type);
    switch (type) {
        case JSNORM_DOUBLE:
            std::memcpy(at, &v, sizeof v);
            break;
        case JSNORM_FLOAT:
            std::memcpy(at, &as_float, sizeof as_float);
            break;
        default:
            std::memcpy(at, &as_short, sizeof as_short);
            break;
    }
}

inline void fill_entries(std::byte *at, jsnormDataType_t type, size_t bytes, bool positive) {
    for (size_t i = 0; (i + 1) * bytes_of(type) <= bytes; ++i) {
        store(at + i * bytes_of(type), type, pattern_value(i, positive));
    }
}

}  // namespace jsnorm::test::api
