// SPDX-License-Identifier: Apache-2.0

#include "tests/support/test_backend.hpp"

namespace jsnorm::test {

jsnormBackend_t test_backend() {
    return JSNORM_BACKEND_CPU;
}

void wait_for_backend() {}

bool backend_is_clean() {
    return true;
}

}  // namespace jsnorm::test
