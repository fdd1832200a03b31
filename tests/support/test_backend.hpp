// SPDX-License-Identifier: Apache-2.0
//
// The backend that a test program is about: the same tests are linked with each of them.
#ifndef JSNORM_TESTS_SUPPORT_TEST_BACKEND_HPP
#define JSNORM_TESTS_SUPPORT_TEST_BACKEND_HPP

#include <jsnorm/jsnorm.h>

namespace jsnorm::test {

jsnormBackend_t test_backend();

// Prints what the backend itself has found wrong so far, if it looks; true where that is nothing.
bool backend_is_clean();

}  // namespace jsnorm::test

#endif
