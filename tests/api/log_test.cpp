// SPDX-License-Identifier: Apache-2.0
//
// The log callback: which messages arrive at which level.
#include "tests/api/call.hpp"

namespace jsnorm::test::api {
namespace {

struct Message {
    jsnormLogLevel_t level;
    std::string text;
};

// Collects messages while it lives; the process has its default again afterwards.
class Log {
  public:
    explicit Log(jsnormLogLevel_t level) { require(jsnormSetLogCallback(level, collect, this)); }
    ~Log() { jsnormSetLogCallback(JSNORM_LOG_OFF, nullptr, nullptr); }
    Log(const Log &) = delete;
    Log &operator=(const Log &) = delete;

    size_t count(jsnormLogLevel_t level, const std::string &part) const {
        size_t found = 0;
        for (const Message &message : messages) {
            found += message.level == level && message.text.find(part) != std::string::npos;
        }
        return found;
    }

    std::vector<Message> messages;

  private:
    static void collect(jsnormLogLevel_t level, const char *text, void *log) {
        static_cast<Log *>(log)->messages.push_back({level, text});
    }
};

void fail() {
    EXPECT_STATUS(jsnormCreate(nullptr, JSNORM_BACKEND_CPU), JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
}

TEST(Log, AFailedCallSendsItsMessageAsAnError) {
    const Log log(JSNORM_LOG_ERROR);
    fail();
    ASSERT_EQ(log.messages.size(), 1u);
    EXPECT_EQ(log.messages[0].level, JSNORM_LOG_ERROR);
    EXPECT_NE(log.messages[0].text.find(last_error()), std::string::npos) << log.messages[0].text;
}

TEST(Log, AnOperationSendsItsProblemAsInfo) {
    const Handle handle;
    for (const Operation &operation : operations()) {
        const Call call(handle, operation);
        const Log log(JSNORM_LOG_INFO);
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
        EXPECT_GE(log.count(JSNORM_LOG_INFO, operation.function), 1u) << operation.function;
    }
}

TEST(Log, EveryMessageIsOneLine) {
    const Handle handle;
    const Log log(JSNORM_LOG_TRACE);
    for (const Operation &operation : operations()) {
        const Call call(handle, operation);
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    }
    fail();
    ASSERT_FALSE(log.messages.empty());
    for (const Message &message : log.messages) {
        EXPECT_EQ(message.text.find('\n'), std::string::npos) << message.text;
        EXPECT_FALSE(message.text.empty());
    }
}

TEST(Log, TraceSendsEveryCall) {
    const Handle handle;
    const Log log(JSNORM_LOG_TRACE);
    jsnormBackend_t backend = JSNORM_BACKEND_AUTO;
    require(jsnormGetBackend(handle, &backend));
    const TensorDesc desc(JSNORM_FLOAT, {2, 3});
    EXPECT_GE(log.count(JSNORM_LOG_TRACE, "jsnormGetBackend"), 1u);
    EXPECT_GE(log.count(JSNORM_LOG_TRACE, "jsnormCreateTensorDescriptor"), 1u);
    EXPECT_GE(log.count(JSNORM_LOG_TRACE, "jsnormSetTensorDescriptor"), 1u);
}

TEST(Log, NothingBeyondTheLevelArrives) {
    const Handle handle;
    const Call call(handle, operation(JSNORM_FORWARD_TRAINING));
    {
        const Log log(JSNORM_LOG_ERROR);
        require(call.run(handle));
        EXPECT_TRUE(log.messages.empty());
    }
    {
        const Log log(JSNORM_LOG_INFO);
        require(call.run(handle));
        EXPECT_EQ(log.count(JSNORM_LOG_TRACE, ""), 0u);
    }
    {
        const Log log(JSNORM_LOG_OFF);
        fail();
        EXPECT_TRUE(log.messages.empty());
    }
}

TEST(Log, NullUnsetsTheCallback) {
    Log log(JSNORM_LOG_TRACE);
    fail();
    EXPECT_FALSE(log.messages.empty());
    EXPECT_STATUS(jsnormSetLogCallback(JSNORM_LOG_TRACE, nullptr, nullptr), JSNORM_STATUS_SUCCESS);
    log.messages.clear();
    fail();
    EXPECT_TRUE(log.messages.empty());
}

TEST(Log, AnUnknownLevelIsRefusedAndTheOldCallbackStays) {
    Log log(JSNORM_LOG_ERROR);
    const auto ignore = [](jsnormLogLevel_t, const char *, void *) {};
    for (int32_t level : {-1, 5, 77}) {
        EXPECT_FAILURE(jsnormSetLogCallback(static_cast<jsnormLogLevel_t>(level), ignore, nullptr),
                       JSNORM_STATUS_BAD_PARAM, "jsnormSetLogCallback", "level",
                       std::to_string(level));
    }
    log.messages.clear();
    fail();
    EXPECT_EQ(log.messages.size(), 1u);
}

}  // namespace
}  // namespace jsnorm::test::api
