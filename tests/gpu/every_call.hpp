// SPDX-License-Identifier: Apache-2.0
//
// Every operation on every small problem that the tests of graphs and streams are about.
#ifndef JSNORM_TESTS_GPU_EVERY_CALL_HPP
#define JSNORM_TESTS_GPU_EVERY_CALL_HPP

#include <algorithm>

#include "tests/api/each_operation.hpp"
#include "tests/gpu/device_work.hpp"

namespace jsnorm::test::gpu {

inline std::vector<api::Problem> problems_of(const api::Operation &operation) {
    std::vector<api::Problem> problems;
    for (const jsnormNormKind_t kind : api::all_kinds()) {
        if (operation.batch_kinds_only && !api::is_batch_kind(kind)) continue;
        for (const jsnormDataType_t type :
             {JSNORM_FLOAT, JSNORM_DOUBLE, JSNORM_HALF, JSNORM_BFLOAT16}) {
            api::Problem problem;
            problem.kind = kind;
            problem.type = type;
            problem.parameter_type = problem.running_type =
                type == JSNORM_DOUBLE ? JSNORM_DOUBLE : JSNORM_FLOAT;
            problems.push_back(problem);
            problem.strides = {20, 1, 10, 5};  // channels last
            problems.push_back(problem);
        }
    }
    return problems;
}

inline std::string name_of(const api::Problem &problem) {
    return "kind " + std::to_string(problem.kind) + ", " + api::name_of(problem.type) +
           (problem.strides.empty() ? "" : ", channels last");
}

// Other inputs: the elements of every tensor move on by one. Twice the same on two equal calls.
inline void turn_inputs(api::Call &call) {
    for (const api::Field &field : call.operation().fields) {
        if (field.is_output() || field.role != api::Role::kTensor) continue;
        std::byte *at = call.slot(field);
        std::rotate(at, at + call.entry_bytes(field), at + call.bytes_in(field));
    }
}

inline void clear_outputs(api::Call &call) {
    for (const api::Field &field : call.operation().fields)
        if (field.is_output() && call.pointer(field.name) != nullptr)
            std::fill_n(call.slot(field), call.bytes_in(field), api::Call::kUntouched);
}

}  // namespace jsnorm::test::gpu

#endif
