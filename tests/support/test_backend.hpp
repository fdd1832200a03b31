// SPDX-License-Identifier: Apache-2.0
//
// The backend that a test program is about: the same tests are linked with each of them.
#ifndef JSNORM_TESTS_SUPPORT_TEST_BACKEND_HPP
#define JSNORM_TESTS_SUPPORT_TEST_BACKEND_HPP

#include <jsnorm/jsnorm.h>

namespace jsnorm::test {

jsnormBackend_t test_backend();

}  // namespace jsnorm::test

#endif
