// SPDX-License-Identifier: Apache-2.0
//
// What the queries refuse.
#include "tests/api/call.hpp"

#include <functional>

namespace jsnorm::test::api {
namespace {

constexpr size_t kUnwritten = 0x5A5A5A5A;
constexpr auto kUnknownOperation = static_cast<jsnormOperation_t>(77);
constexpr auto kUnknownFormat = static_cast<jsnormRecordFormat_t>(77);

struct Query {
    const char *function;
    std::function<jsnormStatus_t(jsnormHandle_t, jsnormNormDescriptor_t, jsnormTensorDescriptor_t,
                                 size_t *)>
        ask;
    bool takes_handle;
    bool takes_norm;
};

const Query kQueries[] = {
    {"jsnormGetWorkspaceSize",
     [](auto handle, auto norm, auto x, size_t *bytes) {
         return jsnormGetWorkspaceSize(handle, norm, x, JSNORM_BACKWARD, bytes);
     },
     true, true},
    {"jsnormGetWorkspaceUpperBound",
     [](auto, auto norm, auto x, size_t *bytes) {
         return jsnormGetWorkspaceUpperBound(norm, x, JSNORM_BACKWARD, bytes);
     },
     false, true},
    {"jsnormGetMaskSize",
     [](auto, auto, auto x, size_t *bytes) { return jsnormGetMaskSize(x, bytes); }, false, false},
    {"jsnormGetRecordSize",
     [](auto, auto norm, auto x, size_t *bytes) {
         return jsnormGetRecordSize(norm, x, JSNORM_RECORD_SUMS, bytes);
     },
     false, true},
    {"jsnormGetForwardCoefficientSize",
     [](auto, auto norm, auto x, size_t *bytes) {
         return jsnormGetForwardCoefficientSize(norm, x, bytes);
     },
     false, true},
    {"jsnormGetBackwardCoefficientSize",
     [](auto, auto norm, auto x, size_t *bytes) {
         return jsnormGetBackwardCoefficientSize(norm, x, bytes);
     },
     false, true},
    {"jsnormGetMemoryTraffic",
     [](auto handle, auto norm, auto x, size_t *bytes) {
         jsnormMemoryTraffic_t traffic = new_traffic();
         return jsnormGetMemoryTraffic(handle, norm, x, JSNORM_BACKWARD, 0,
                                       bytes == nullptr ? nullptr : &traffic);
     },
     true, true},
};

TEST(Query, NullOrWrongObjectsAreRefused) {
    const Handle handle;
    const NormDesc norm;
    const TensorDesc x(JSNORM_FLOAT, {3, 5});
    const jsnormStatus_t null = JSNORM_STATUS_BAD_PARAM_NULL_POINTER;
    const jsnormStatus_t wrong = JSNORM_STATUS_NOT_INITIALIZED;
    for (const Query &query : kQueries) {
        size_t bytes = kUnwritten;
        EXPECT_FAILURE(query.ask(handle, norm, nullptr, &bytes), null, query.function, "x_desc");
        EXPECT_FAILURE(query.ask(handle, norm, not_an_object<jsnormTensorDescriptor_t>(), &bytes),
                       wrong, query.function, "x_desc");
        EXPECT_FAILURE(
            query.ask(handle, norm, x, nullptr), null, query.function,
            query.function == std::string("jsnormGetMemoryTraffic") ? "traffic" : "bytes");
        if (query.takes_norm) {
            EXPECT_FAILURE(query.ask(handle, nullptr, x, &bytes), null, query.function, "norm");
            EXPECT_FAILURE(query.ask(handle, not_an_object<jsnormNormDescriptor_t>(), x, &bytes),
                           wrong, query.function, "norm");
        }
        if (query.takes_handle) {
            EXPECT_FAILURE(query.ask(nullptr, norm, x, &bytes), null, query.function, "handle");
            EXPECT_FAILURE(query.ask(not_an_object<jsnormHandle_t>(), norm, x, &bytes), wrong,
                           query.function, "handle");
        }
        EXPECT_EQ(bytes, kUnwritten) << query.function;
        EXPECT_STATUS(query.ask(handle, norm, x, &bytes), JSNORM_STATUS_SUCCESS);
    }
}

TEST(Query, UnsetDescriptorsAreRefused) {
    const Handle handle;
    const NormDesc norm;
    const TensorDesc unset;
    size_t bytes = kUnwritten;
    for (const Query &query : kQueries) {
        EXPECT_FAILURE(query.ask(handle, norm, unset, &bytes), JSNORM_STATUS_BAD_PARAM,
                       query.function, "x_desc", "never set");
    }
    EXPECT_EQ(bytes, kUnwritten);
}

TEST(Query, RankOneIsRefusedWhereANormIsInvolved) {
    const Handle handle;
    const NormDesc norm;
    const TensorDesc x(JSNORM_FLOAT, {5});
    size_t bytes = kUnwritten;
    for (const Query &query : kQueries) {
        if (!query.takes_norm) continue;
        EXPECT_FAILURE(query.ask(handle, norm, x, &bytes), JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                       query.function, "rank");
    }
    EXPECT_EQ(bytes, kUnwritten);
}

TEST(Query, UnknownEnumeratorsAndFlagsAreNamed) {
    const Handle handle;
    const NormDesc norm;
    const TensorDesc x(JSNORM_FLOAT, {3, 5});
    size_t bytes = kUnwritten;
    jsnormMemoryTraffic_t traffic = new_traffic();
    const jsnormStatus_t bad = JSNORM_STATUS_BAD_PARAM;
    EXPECT_FAILURE(jsnormGetWorkspaceSize(handle, norm, x, kUnknownOperation, &bytes), bad,
                   "jsnormGetWorkspaceSize", "operation", "77");
    EXPECT_FAILURE(jsnormGetWorkspaceUpperBound(norm, x, kUnknownOperation, &bytes), bad,
                   "jsnormGetWorkspaceUpperBound", "operation", "77");
    EXPECT_FAILURE(jsnormGetMemoryTraffic(handle, norm, x, kUnknownOperation, 0, &traffic), bad,
                   "jsnormGetMemoryTraffic", "operation", "77");
    EXPECT_FAILURE(jsnormGetMemoryTraffic(handle, norm, x, JSNORM_BACKWARD, 4u, &traffic), bad,
                   "jsnormGetMemoryTraffic", "tensors");
    EXPECT_FAILURE(jsnormGetRecordSize(norm, x, kUnknownFormat, &bytes), bad, "jsnormGetRecordSize",
                   "format", "77");
    EXPECT_EQ(bytes, kUnwritten);
}

TEST(Query, PhasesOfOtherKindsAreNotSupported) {
    const Handle handle;
    const TensorDesc x(JSNORM_FLOAT, {3, 5, 4});
    size_t bytes = kUnwritten;
    jsnormMemoryTraffic_t traffic = new_traffic();
    for (jsnormNormKind_t kind : all_kinds()) {
        const NormDesc norm(kind);
        const jsnormStatus_t expected =
            is_batch_kind(kind) ? JSNORM_STATUS_SUCCESS : JSNORM_STATUS_NOT_SUPPORTED;
        for (const Operation &op : operations()) {
            if (!op.batch_kinds_only) continue;
            EXPECT_STATUS(jsnormGetWorkspaceSize(handle, norm, x, op.id, &bytes), expected);
            EXPECT_STATUS(jsnormGetWorkspaceUpperBound(norm, x, op.id, &bytes), expected);
            EXPECT_STATUS(jsnormGetMemoryTraffic(handle, norm, x, op.id, 0, &traffic), expected);
        }
        EXPECT_STATUS(jsnormGetRecordSize(norm, x, JSNORM_RECORD_SUMS, &bytes), expected);
        EXPECT_STATUS(jsnormGetForwardCoefficientSize(norm, x, &bytes), expected);
        EXPECT_STATUS(jsnormGetBackwardCoefficientSize(norm, x, &bytes), expected);
    }
}

}  // namespace
}  // namespace jsnorm::test::api
