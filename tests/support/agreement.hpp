// SPDX-License-Identifier: Apache-2.0
//
// The question most tests ask: does a backend agree with the oracle, or with a golden file?
#ifndef JSNORM_TESTS_SUPPORT_AGREEMENT_HPP
#define JSNORM_TESTS_SUPPORT_AGREEMENT_HPP

#include <string>
#include <vector>

#include "tests/support/api_runner.hpp"
#include "tests/support/golden_file.hpp"
#include "tests/support/tolerance.hpp"

namespace jsnorm::test {

struct Agreement {
    std::vector<Verdict> verdicts;  // one per output that was compared
    std::string complaints;         // the messages of those not accepted, a line each
    bool compared(const std::string &output) const;
};

// How far from ReLU's kink, in units of the terms, gradients of float, half and bfloat16 are
// compared: a thousand times what float arithmetic can move a pre-activation by.
constexpr double kSilence = 1e-4;

// Solves `problem`, rounded to the types of the options and silenced at kinks, by the library and
// by the oracle, and judges every output that the library returned.
Agreement agree_with_oracle(const Case &problem, const RunOptions &options);

// Double: against the numbers of the file. Other types: against the oracle, on rounded inputs.
// Inference by the running statistics after training. Uses backend, type and layout of the options.
Agreement agree_with_golden(const GoldenFile &file, const RunOptions &options);

}  // namespace jsnorm::test

#endif
