// SPDX-License-Identifier: Apache-2.0
//
// The input of a fuzzer as a sequence of decisions. When it is used up, every decision is the first
// of its kind.
#ifndef JSNORM_TESTS_FUZZ_BYTES_HPP
#define JSNORM_TESTS_FUZZ_BYTES_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace jsnorm::fuzz {

class Bytes {
  public:
    Bytes(const uint8_t *data, size_t size) : at_(data), end_(data + size) {}

    bool empty() const { return at_ == end_; }
    uint8_t byte() { return empty() ? 0 : *at_++; }
    uint64_t word() {
        uint64_t value = 0;
        for (int i = 0; i < 8; ++i) value |= uint64_t{byte()} << (8 * i);
        return value;
    }

    // In [0, count), for a count of up to 256.
    size_t below(size_t count) { return byte() % count; }
    bool one_in(size_t count) { return below(count) == count - 1; }

    template <class T, size_t N>
    T any_of(const std::array<T, N> &values) {
        return values[below(N)];
    }

    // An enumerator of 0 to count-1; one time in 16 a number that is none.
    template <class Enum>
    Enum enumerator(int count) {
        static constexpr std::array<int32_t, 4> kNone = {-1, 77, INT32_MIN, INT32_MAX};
        const uint8_t value = byte();
        if (value >= 240) return static_cast<Enum>(kNone[value % kNone.size()]);
        return static_cast<Enum>(value % count);
    }

    // Any double, mostly one that a caller could mean.
    double number() {
        static constexpr std::array<double, 12> kPlain = {1e-5,  0,   1,      0.5,   1e-3,   0.1,
                                                          1e300, 1.5, 1e-300, -1e-5, 3.4e38, 2};
        const uint8_t value = byte();
        if (value < 240) return kPlain[value % kPlain.size()];
        const uint64_t bits = word();
        double any = 0;
        std::memcpy(&any, &bits, sizeof any);
        return any;
    }

    // Any integer, mostly a small one.
    int64_t integer() {
        static constexpr std::array<int64_t, 8> kEdges = {
            INT64_MAX, INT64_MIN, -1, int64_t{1} << 31, int64_t{1} << 32, INT32_MAX, -2, 4097};
        const uint8_t value = byte();
        if (value < 192) return value % 24;
        if (value < 248) return kEdges[value % kEdges.size()];
        return static_cast<int64_t>(word());
    }

  private:
    const uint8_t *at_, *end_;
};

}  // namespace jsnorm::fuzz

#endif
