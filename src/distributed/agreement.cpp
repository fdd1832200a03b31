// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/agreement.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <limits>

#include "src/distributed/error.hpp"

namespace jsnorm::distributed {

namespace {

using ll = long long;  // for printf

struct FieldName {
    const char *name;
    bool is_double;
    jsnormStatus_t status;  // where ranks differ
};

constexpr FieldName kFields[kFieldCount] = {
    {"operation", false, JSNORM_STATUS_BAD_PARAM},
    {"kind", false, JSNORM_STATUS_BAD_PARAM},
    {"K", false, JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH},
    {"data type", false, JSNORM_STATUS_BAD_PARAM_DATA_TYPE_MISMATCH},
    {"mean estimator", false, JSNORM_STATUS_BAD_PARAM},
    {"variance estimator", false, JSNORM_STATUS_BAD_PARAM},
    {"lambda", true, JSNORM_STATUS_BAD_PARAM},
    {"epsilon", true, JSNORM_STATUS_BAD_PARAM},
    {"effective fraction", true, JSNORM_STATUS_BAD_PARAM},
    {"activation", false, JSNORM_STATUS_BAD_PARAM},
    {"parameter gradient scope", false, JSNORM_STATUS_BAD_PARAM}};

void print(const FieldName &field, int64_t value, char (&text)[40]) {
    if (field.is_double) {
        std::snprintf(text, sizeof text, "%.17g", std::bit_cast<double>(value));
    } else {
        std::snprintf(text, sizeof text, "%lld", ll{value});
    }
}

// What rank `from` has, on every rank.
jsnormStatus_t broadcast(Reductions &engine, int64_t from, int64_t *values, int32_t count) {
    if (engine.rank() != from) {
        std::fill(values, values + count, std::numeric_limits<int64_t>::min());
    }
    return engine.maximum(values, count);
}

// The first rank of which `holds` is true. At least one must be.
jsnormStatus_t first_rank(Reductions &engine, bool holds, int64_t &rank) {
    int64_t value = holds ? -engine.rank() : std::numeric_limits<int64_t>::min();
    JSNORM_DISTRIBUTED_TRY(engine.maximum(&value, 1));
    rank = -value;
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t report_failure(Reductions &engine, jsnormStatus_t own) {
    int64_t rank = 0, status = own;
    JSNORM_DISTRIBUTED_TRY(first_rank(engine, own != JSNORM_STATUS_SUCCESS, rank));
    JSNORM_DISTRIBUTED_TRY(broadcast(engine, rank, &status, 1));
    const auto theirs = static_cast<jsnormStatus_t>(status);
    // The text of a rank's own failure says more.
    if (own != JSNORM_STATUS_SUCCESS) return theirs;
    return fail(theirs, "rank %lld failed with %s; its last error says why", ll{rank},
                jsnormGetStatusString(theirs));
}

jsnormStatus_t report_difference(Reductions &engine, const FieldName &field, int64_t own) {
    int64_t expected = own, rank = 0, theirs = own;
    JSNORM_DISTRIBUTED_TRY(broadcast(engine, 0, &expected, 1));
    JSNORM_DISTRIBUTED_TRY(first_rank(engine, own != expected, rank));
    JSNORM_DISTRIBUTED_TRY(broadcast(engine, rank, &theirs, 1));
    char text[40], expected_text[40];
    print(field, theirs, text);
    print(field, expected, expected_text);
    return fail(field.status, "rank %lld has %s = %s, but rank 0 has %s", ll{rank}, field.name,
                text, expected_text);
}

}  // namespace

jsnormStatus_t agree(Reductions &engine, const Request &request) {
    // The largest of each value and of its complement: they are complements if all ranks have the
    // same.
    constexpr int32_t kCount = 1 + 2 * kFieldCount;
    int64_t values[kCount] = {request.status};
    for (int32_t i = 0; i < kFieldCount; ++i) {
        const auto index = static_cast<size_t>(i);
        values[1 + i] = request.fields[index];
        values[1 + kFieldCount + i] = ~request.fields[index];
    }
    JSNORM_DISTRIBUTED_TRY(engine.maximum(values, kCount));
    if (values[0] != JSNORM_STATUS_SUCCESS) return report_failure(engine, request.status);
    for (int32_t i = 0; i < kFieldCount; ++i) {
        if (values[1 + i] != ~values[1 + kFieldCount + i]) {
            return report_difference(engine, kFields[i], request.fields[static_cast<size_t>(i)]);
        }
    }
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t fits_agreement(const Request &request, const Request &agreed) {
    for (size_t i = 0; i < kFieldCount; ++i) {
        if (request.fields[i] == agreed.fields[i]) continue;
        char text[40], agreed_text[40];
        print(kFields[i], request.fields[i], text);
        print(kFields[i], agreed.fields[i], agreed_text);
        return fail(kFields[i].status, "%s = %s, but the plan is for %s", kFields[i].name, text,
                    agreed_text);
    }
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t agree_on_count(Reductions &engine, jsnormStatus_t status, int64_t count,
                              int64_t &total) {
    int64_t largest[2] = {status, count};
    JSNORM_DISTRIBUTED_TRY(engine.maximum(largest, 2));
    if (largest[0] != JSNORM_STATUS_SUCCESS) return report_failure(engine, status);
    JSNORM_DISTRIBUTED_REQUIRE(largest[1] <= INT64_MAX / engine.size(),
                               JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                               "%lld elements per statistic on one of %lld ranks: the sum may not "
                               "fit 64 bits",
                               ll{largest[1]}, ll{engine.size()});
    total = count;
    return engine.total(&total, 1);
}

}  // namespace jsnorm::distributed
