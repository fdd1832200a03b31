// SPDX-License-Identifier: Apache-2.0
//
// A source line, in one word: it identifies accesses and collectives, and names them in reports.
#pragma once

#include <cstdint>
#include <string>

namespace simt {

struct Site {
    uint64_t bits = 0;  // the address of the file's name, then 16 bits of line

    // As a default argument: the place of the call.
    static Site here(const char *file = __builtin_FILE(), int line = __builtin_LINE()) {
        return {reinterpret_cast<uintptr_t>(file) << 16 | (static_cast<uint64_t>(line) & 0xffff)};
    }
    const char *file() const { return reinterpret_cast<const char *>(bits >> 16); }
    int line() const { return static_cast<int>(bits & 0xffff); }
    bool operator==(const Site &other) const = default;
};

std::string to_string(Site site);  // file.cuh:12

}  // namespace simt
