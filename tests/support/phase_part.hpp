// SPDX-License-Identifier: Apache-2.0
//
// One process of synchronized batch norm, and the phases it goes through. run_phases plays the
// collectives between them.
#ifndef JSNORM_TESTS_SUPPORT_PHASE_PART_HPP
#define JSNORM_TESTS_SUPPORT_PHASE_PART_HPP

#include <cstring>

#include "tests/support/api_arguments.hpp"

namespace jsnorm::test {

struct Part {
    Case problem;  // this part's tensors
    Session session;
    // What the phases have left. raw also holds "record", "total_count", "forward_coefficients",
    // "sums" and "backward_coefficients".
    RunResult result;

    Part(Case part, const RunOptions &options, jsnormParameterGradientScope_t scope)
        : problem(std::move(part)), session(problem, options, scope) {}
};

void forward_statistics(Part &part, jsnormRecordFormat_t format);
void forward_finalize(Part &part, const Bytes &records, int64_t count, jsnormRecordFormat_t format);
void forward_apply(Part &part);

void backward_reduce(Part &part);
void backward_finalize(Part &part, const Values &global_sums, int64_t record_count);
void backward_apply(Part &part);

// An all-reduce(sum) of two SUMS records: counts and doubles are added.
Bytes added_records(const Bytes &one, const Bytes &other);

template <typename T>
std::vector<T> values_of(const Bytes &bytes) {
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
    return values;
}

}  // namespace jsnorm::test

#endif
