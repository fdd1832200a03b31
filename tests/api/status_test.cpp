// SPDX-License-Identifier: Apache-2.0
//
// Status names, the last error of a thread, and the version.
#include "tests/api/api_fixture.hpp"

#include <thread>

namespace jsnorm::test::api {
namespace {

struct NamedStatus {
    jsnormStatus_t status;
    int32_t value;
    const char *name;
};

// The numbers are published: they must never change.
constexpr NamedStatus kStatuses[] = {
    {JSNORM_STATUS_SUCCESS, 0, "JSNORM_STATUS_SUCCESS"},
    {JSNORM_STATUS_NOT_INITIALIZED, 1001, "JSNORM_STATUS_NOT_INITIALIZED"},
    {JSNORM_STATUS_BAD_PARAM, 2000, "JSNORM_STATUS_BAD_PARAM"},
    {JSNORM_STATUS_BAD_PARAM_NULL_POINTER, 2002, "JSNORM_STATUS_BAD_PARAM_NULL_POINTER"},
    {JSNORM_STATUS_BAD_PARAM_MISALIGNED_POINTER, 2003,
     "JSNORM_STATUS_BAD_PARAM_MISALIGNED_POINTER"},
    {JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, 2005, "JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND"},
    {JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT, 2006, "JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT"},
    {JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH, 2008, "JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH"},
    {JSNORM_STATUS_BAD_PARAM_DATA_TYPE_MISMATCH, 2009,
     "JSNORM_STATUS_BAD_PARAM_DATA_TYPE_MISMATCH"},
    {JSNORM_STATUS_BAD_PARAM_NOT_MUTABLE, 2010, "JSNORM_STATUS_BAD_PARAM_NOT_MUTABLE"},
    {JSNORM_STATUS_BAD_PARAM_DEVICE_MISMATCH, 2011, "JSNORM_STATUS_BAD_PARAM_DEVICE_MISMATCH"},
    {JSNORM_STATUS_BAD_PARAM_ALIASING, 2012, "JSNORM_STATUS_BAD_PARAM_ALIASING"},
    {JSNORM_STATUS_NOT_SUPPORTED, 3000, "JSNORM_STATUS_NOT_SUPPORTED"},
    {JSNORM_STATUS_NOT_SUPPORTED_SHAPE, 3002, "JSNORM_STATUS_NOT_SUPPORTED_SHAPE"},
    {JSNORM_STATUS_NOT_SUPPORTED_DATA_TYPE, 3003, "JSNORM_STATUS_NOT_SUPPORTED_DATA_TYPE"},
    {JSNORM_STATUS_NOT_SUPPORTED_LAYOUT, 3004, "JSNORM_STATUS_NOT_SUPPORTED_LAYOUT"},
    {JSNORM_STATUS_NOT_SUPPORTED_ARCHITECTURE, 3007, "JSNORM_STATUS_NOT_SUPPORTED_ARCHITECTURE"},
    {JSNORM_STATUS_NOT_SUPPORTED_BACKEND, 3008, "JSNORM_STATUS_NOT_SUPPORTED_BACKEND"},
    {JSNORM_STATUS_INTERNAL_ERROR, 4000, "JSNORM_STATUS_INTERNAL_ERROR"},
    {JSNORM_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED, 4003,
     "JSNORM_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED"},
    {JSNORM_STATUS_EXECUTION_FAILED, 5000, "JSNORM_STATUS_EXECUTION_FAILED"},
    {JSNORM_STATUS_EXECUTION_FAILED_CUDA, 5003, "JSNORM_STATUS_EXECUTION_FAILED_CUDA"},
    {JSNORM_STATUS_EXECUTION_FAILED_DEVICE_LOST, 5004,
     "JSNORM_STATUS_EXECUTION_FAILED_DEVICE_LOST"},
};

void fail_in_get_backend() {
    jsnormBackend_t backend = JSNORM_BACKEND_AUTO;
    EXPECT_STATUS(jsnormGetBackend(nullptr, &backend), JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
}

void fail_in_create() {
    EXPECT_STATUS(jsnormCreate(nullptr, JSNORM_BACKEND_CPU), JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
}

// The last error is a property of the thread, so its life begins on a new one.
template <class Body>
void on_a_fresh_thread(Body body) {
    std::thread(body).join();
}

TEST(StatusString, EveryStatusHasItsNameAndItsPublishedNumber) {
    for (const NamedStatus &entry : kStatuses) {
        EXPECT_STREQ(jsnormGetStatusString(entry.status), entry.name);
        EXPECT_EQ(static_cast<int32_t>(entry.status), entry.value) << entry.name;
    }
}

TEST(StatusString, AnyOtherValueIsUnknown) {
    for (int32_t value :
         {-1, 1, 1000, 2001, 2004, 2007, 3001, 5005, 999999, std::numeric_limits<int32_t>::max(),
          std::numeric_limits<int32_t>::min()}) {
        EXPECT_STREQ(jsnormGetStatusString(static_cast<jsnormStatus_t>(value)),
                     "JSNORM_STATUS_UNKNOWN")
            << value;
    }
}

TEST(LastError, IsEmptyBeforeTheFirstFailureOfAThread) {
    on_a_fresh_thread([] {
        EXPECT_STREQ(jsnormGetLastErrorString(), "");
        Handle handle;
        EXPECT_STREQ(jsnormGetLastErrorString(), "");
    });
}

TEST(LastError, IsOneLineThatBeginsWithTheFunction) {
    on_a_fresh_thread([] {
        fail_in_get_backend();
        expect_error_mentions("jsnormGetBackend", {"handle", "NULL"});
        fail_in_create();
        expect_error_mentions("jsnormCreate", {"handle", "NULL"});
    });
}

TEST(LastError, SurvivesLaterSuccesses) {
    on_a_fresh_thread([] {
        fail_in_get_backend();
        const std::string message = last_error();
        ASSERT_FALSE(message.empty());
        Handle handle;
        TensorDesc desc(JSNORM_FLOAT, {2, 3});
        EXPECT_EQ(last_error(), message);
    });
}

TEST(LastError, IsReplacedByTheNextFailure) {
    on_a_fresh_thread([] {
        fail_in_get_backend();
        const std::string first = last_error();
        fail_in_create();
        EXPECT_NE(last_error(), first);
        expect_error_mentions("jsnormCreate");
    });
}

TEST(LastError, BelongsToItsThread) {
    on_a_fresh_thread([] {
        fail_in_get_backend();
        const std::string message = last_error();
        on_a_fresh_thread([] {
            EXPECT_STREQ(jsnormGetLastErrorString(), "");
            fail_in_create();
            expect_error_mentions("jsnormCreate");
        });
        EXPECT_EQ(last_error(), message);
    });
}

TEST(LastError, StaysOneLineWhenEveryValueIsAsLongAsItGets) {
    on_a_fresh_thread([] {
        constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
        const std::vector<int64_t> dims(JSNORM_MAX_RANK, kLeast);
        TensorDesc desc;
        EXPECT_FAILURE(jsnormSetTensorDescriptor(desc, JSNORM_DOUBLE, JSNORM_MAX_RANK, dims.data(),
                                                 dims.data()),
                       JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, "jsnormSetTensorDescriptor",
                       std::to_string(kLeast));
    });
}

TEST(Version, IsTheOneOfTheHeader) {
    EXPECT_EQ(jsnormGetVersion(), uint32_t{JSNORM_VERSION});
    EXPECT_EQ(JSNORM_VERSION,
              JSNORM_VERSION_MAJOR * 10000 + JSNORM_VERSION_MINOR * 100 + JSNORM_VERSION_PATCH);
}

TEST(Version, StringNamesTheNumbersAndTheBackends) {
    const std::string text = jsnormGetVersionString();
    const std::string number = std::to_string(JSNORM_VERSION_MAJOR) + "." +
                               std::to_string(JSNORM_VERSION_MINOR) + "." +
                               std::to_string(JSNORM_VERSION_PATCH);
    EXPECT_EQ(text.compare(0, 7 + number.size(), "jsnorm " + number), 0) << text;
    EXPECT_NE(text.find("cpu"), std::string::npos) << text;
    EXPECT_EQ(jsnormGetVersionString(), jsnormGetVersionString()) << "storage is static";
}

}  // namespace
}  // namespace jsnorm::test::api
