// SPDX-License-Identifier: Apache-2.0
//
// Sweeps over the operations, and what a rejected call of any of them must leave behind.
#pragma once

#include "tests/api/call.hpp"

namespace jsnorm::test::api {

// The call fails with this status and a message that mentions the parts, leaves every byte as it
// was, and leaves a handle that serves a valid call.
inline void expect_rejected(jsnormHandle_t handle, Call &call, jsnormNormDescriptor_t norm,
                            jsnormStatus_t status, std::initializer_list<std::string> parts) {
    const std::vector<std::byte> before = call.arena();
    const jsnormStatus_t got = call.run(handle, norm);
    EXPECT_STATUS(got, status);
    if (got != JSNORM_STATUS_SUCCESS) expect_error_mentions(call.operation().function, parts);
    EXPECT_TRUE(call.arena() == before) << "a rejected call has written memory";
    const Call valid(handle, call.operation());
    EXPECT_STATUS(valid.run(handle), JSNORM_STATUS_SUCCESS);
}

inline void expect_rejected(jsnormHandle_t handle, Call &call, jsnormStatus_t status,
                            std::initializer_list<std::string> parts) {
    expect_rejected(handle, call, call.norm, status, parts);
}

// A parameterized fixture whose parameter is the operation.
class EachOperation : public testing::TestWithParam<jsnormOperation_t> {
  protected:
    const Operation &operation() const { return api::operation(GetParam()); }
    Handle handle;
};

inline std::string operation_name(const testing::TestParamInfo<jsnormOperation_t> &info) {
    return operation(info.param).function.substr(std::string("jsnorm").size());
}

template <class Predicate>
std::vector<jsnormOperation_t> operations_where(Predicate predicate) {
    std::vector<jsnormOperation_t> result;
    for (const Operation &operation : operations()) {
        if (predicate(operation)) result.push_back(operation.id);
    }
    return result;
}

inline std::vector<jsnormOperation_t> all_operations() {
    return operations_where([](const Operation &) { return true; });
}

inline std::vector<jsnormOperation_t> operations_with(const std::string &field) {
    return operations_where([&](const Operation &operation) { return operation.find(field); });
}

}  // namespace jsnorm::test::api
