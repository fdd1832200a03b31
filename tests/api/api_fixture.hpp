// SPDX-License-Identifier: Apache-2.0
//
// What every test of the C API needs: owners of its objects, and a look at the last error.
#pragma once

#include <gtest/gtest.h>
#include "jsnorm/jsnorm.h"

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/test_backend.hpp"

namespace jsnorm::test::api {

inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

// For calls that are not what a test is about: GoogleTest reports the exception as a failure.
inline void require(jsnormStatus_t status) {
    if (status != JSNORM_STATUS_SUCCESS) throw std::runtime_error(jsnormGetLastErrorString());
}

inline std::string last_error() {
    return jsnormGetLastErrorString();
}

inline testing::AssertionResult has_status(const char *call_text, const char *, jsnormStatus_t got,
                                           jsnormStatus_t expected) {
    if (got == expected) return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << call_text << "\n  gives " << jsnormGetStatusString(got) << " (" << int{got}
           << "), expected " << jsnormGetStatusString(expected)
           << (got == JSNORM_STATUS_SUCCESS ? "" : "\n  last error: " + last_error());
}

#define EXPECT_STATUS(call, status) \
    EXPECT_PRED_FORMAT2(::jsnorm::test::api::has_status, call, status)

inline std::string lower(std::string text) {
    for (char &c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

// The last error is one line, begins with the function and mentions every part, in either case.
inline void expect_error_mentions(const std::string &function,
                                  std::initializer_list<std::string> parts = {}) {
    const std::string message = last_error();
    EXPECT_EQ(message.compare(0, function.size() + 1, function + ":"), 0)
        << "\"" << message << "\" does not begin with " << function << ":";
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    for (const std::string &part : parts) {
        EXPECT_TRUE(lower(message).find(lower(part)) != std::string::npos)
            << "\"" << message << "\" does not mention \"" << part << "\"";
    }
}

// A call that must fail: its status, and a message that names function and argument.
#define EXPECT_FAILURE(call, status, function, ...)                              \
    do {                                                                         \
        const jsnormStatus_t result_of_call = call;                              \
        EXPECT_STATUS(result_of_call, status) << #call;                          \
        if (result_of_call != JSNORM_STATUS_SUCCESS) {                           \
            ::jsnorm::test::api::expect_error_mentions(function, {__VA_ARGS__}); \
        }                                                                        \
    } while (false)

template <class Object, jsnormStatus_t (*kDestroy)(Object)>
class Owner {
  public:
    Owner() = default;
    Owner(const Owner &) = delete;
    Owner &operator=(const Owner &) = delete;
    ~Owner() { kDestroy(object_); }
    operator Object() const { return object_; }

  protected:
    Object object_ = nullptr;
};

class Handle : public Owner<jsnormHandle_t, jsnormDestroy> {
  public:
    explicit Handle(jsnormBackend_t backend = test_backend()) {
        require(jsnormCreate(&object_, backend));
    }
};

class TensorDesc : public Owner<jsnormTensorDescriptor_t, jsnormDestroyTensorDescriptor> {
  public:
    TensorDesc() { require(jsnormCreateTensorDescriptor(&object_)); }
    TensorDesc(jsnormDataType_t type, const std::vector<int64_t> &dims,
               const std::vector<int64_t> &strides = {})
        : TensorDesc() {
        set(type, dims, strides);
    }
    // Empty strides: packed.
    void set(jsnormDataType_t type, const std::vector<int64_t> &dims,
             const std::vector<int64_t> &strides = {}) {
        require(jsnormSetTensorDescriptor(object_, type, static_cast<int32_t>(dims.size()),
                                          dims.data(), strides.empty() ? nullptr : strides.data()));
    }
};

class NormDesc : public Owner<jsnormNormDescriptor_t, jsnormDestroyNormDescriptor> {
  public:
    explicit NormDesc(jsnormNormKind_t kind = JSNORM_BATCH_NORM) {
        require(jsnormCreateNormDescriptor(&object_, kind));
    }
};

inline jsnormMemoryTraffic_t new_traffic() {
    jsnormMemoryTraffic_t traffic;
    require(jsnormMemoryTrafficInit(&traffic, sizeof traffic));
    return traffic;
}

// Zeroed memory that is none of the library's objects, for calls that are handed a wrong pointer.
template <class Object>
Object not_an_object() {
    alignas(64) static std::byte zeros[4096] = {};
    return reinterpret_cast<Object>(zeros);
}

// An address that no library call may write through or replace.
template <class Object>
Object sentinel() {
    static char place = 0;
    return reinterpret_cast<Object>(&place);
}

inline size_t bytes_of(jsnormDataType_t type) {
    switch (type) {
        case JSNORM_FLOAT:
            return 4;
        case JSNORM_DOUBLE:
            return 8;
        default:
            return 2;
    }
}

inline const char *name_of(jsnormDataType_t type) {
    switch (type) {
        case JSNORM_FLOAT:
            return "float";
        case JSNORM_DOUBLE:
            return "double";
        case JSNORM_HALF:
            return "half";
        default:
            return "bfloat16";
    }
}

inline bool is_batch_kind(jsnormNormKind_t kind) {
    return kind == JSNORM_BATCH_NORM || kind == JSNORM_BATCH_NORM_PER_ACTIVATION;
}

inline const std::vector<jsnormNormKind_t> &all_kinds() {
    static const std::vector<jsnormNormKind_t> kinds = {
        JSNORM_BATCH_NORM, JSNORM_BATCH_NORM_PER_ACTIVATION, JSNORM_INSTANCE_NORM,
        JSNORM_LAYER_NORM, JSNORM_GROUP_NORM};
    return kinds;
}

}  // namespace jsnorm::test::api
