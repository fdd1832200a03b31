// SPDX-License-Identifier: Apache-2.0
//
// What a fuzzer does when it has found something: says what, and ends.
#ifndef JSNORM_TESTS_FUZZ_CHECK_HPP
#define JSNORM_TESTS_FUZZ_CHECK_HPP

#include <jsnorm/jsnorm.h>

#include <cstdio>
#include <cstdlib>

namespace jsnorm::fuzz {

[[noreturn]] inline void found(const char *what, const char *where) {
    std::fprintf(stderr, "FOUND: %s, in %s; last error: %s\n", what, where,
                 jsnormGetLastErrorString());
    std::abort();
}

inline void expect(bool holds, const char *what, const char *where) {
    if (!holds) found(what, where);
}

}  // namespace jsnorm::fuzz

#endif
