// SPDX-License-Identifier: Apache-2.0
//
// Outputs as bytes, and whether two runs gave the same ones.
#ifndef JSNORM_TESTS_OPS_SAME_BITS_HPP
#define JSNORM_TESTS_OPS_SAME_BITS_HPP

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace jsnorm::test {

// As RunResult::raw: the bytes of every output, elements in logical order, by name.
using Outputs = std::map<std::string, std::vector<std::byte>>;

// The outputs named, as far as there are such.
inline Outputs only(const Outputs &outputs, const std::vector<std::string> &names) {
    Outputs chosen;
    for (const std::string &name : names) {
        const auto found = outputs.find(name);
        if (found != outputs.end()) chosen.insert(*found);
    }
    return chosen;
}

// Empty where both have the same outputs with the same bytes; else a line for each difference. Two
// runs without any output are not the same: nothing would have been compared.
inline std::string differences(const Outputs &got, const Outputs &expected) {
    std::string lines = expected.empty() ? "nothing to compare with\n" : "";
    for (const auto &[name, bytes] : expected)
        if (!got.contains(name)) lines += name + ": missing\n";
    for (const auto &[name, bytes] : got) {
        const auto other = expected.find(name);
        if (other == expected.end()) {
            lines += name + ": not expected\n";
        } else if (bytes.size() != other->second.size()) {
            lines += name + ": " + std::to_string(bytes.size()) + " bytes, expected " +
                     std::to_string(other->second.size()) + "\n";
        } else {
            const auto at = std::mismatch(bytes.begin(), bytes.end(), other->second.begin());
            if (at.first != bytes.end())
                lines += name + ": byte " + std::to_string(at.first - bytes.begin()) + " of " +
                         std::to_string(bytes.size()) + " differs\n";
        }
    }
    return lines;
}

}  // namespace jsnorm::test

#endif
