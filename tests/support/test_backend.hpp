// SPDX-License-Identifier: Apache-2.0
//
// The backend that a test program is about: the same tests are linked with each of them.
#ifndef JSNORM_TESTS_SUPPORT_TEST_BACKEND_HPP
#define JSNORM_TESTS_SUPPORT_TEST_BACKEND_HPP

#include <jsnorm/jsnorm.h>

namespace jsnorm::test {

jsnormBackend_t test_backend();

// Returns when all that was started is done: operations may only be under way when their calls
// return. Throws std::runtime_error where the device has failed.
void wait_for_backend();

// Prints what the backend itself has found wrong so far, if it looks; true where that is nothing.
bool backend_is_clean();

}  // namespace jsnorm::test

#endif
