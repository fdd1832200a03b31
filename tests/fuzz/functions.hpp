// SPDX-License-Identifier: Apache-2.0
//
// Every function of the API, as a call that takes its arguments from the bytes. Each list is one
// file. New calls go to the end of their list, since the corpus names them by their place.
#ifndef JSNORM_TESTS_FUZZ_FUNCTIONS_HPP
#define JSNORM_TESTS_FUZZ_FUNCTIONS_HPP

#include <span>

#include "tests/fuzz/world.hpp"

namespace jsnorm::fuzz {

using Function = Outcome (*)(World &world, Bytes &bytes);

std::span<const Function> handle_functions();
std::span<const Function> tensor_functions();
std::span<const Function> norm_functions();
std::span<const Function> query_functions();
std::span<const Function> operation_functions();

}  // namespace jsnorm::fuzz

#endif
