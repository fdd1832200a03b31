// SPDX-License-Identifier: Apache-2.0
//
// What one rank gets wrong is the same failure on every rank, before anything is written.
#include <gtest/gtest.h>

#include <functional>

#include "src/distributed/error.hpp"
#include "src/distributed/operations.hpp"
#include "tests/distributed/thread_engine.hpp"
#include "tests/support/api_objects.hpp"

namespace jsnorm::test {
namespace {

constexpr int64_t kRanks = 4;
constexpr int64_t kOdd = 2;  // the rank that differs

// What a rank passes.
struct RankCall {
    int64_t channels = 6;
    jsnormNormKind_t kind = JSNORM_BATCH_NORM;
    jsnormDataType_t type = JSNORM_DOUBLE;
    jsnormHandle_t handle = nullptr;
    jsnormNormDescriptor_t norm = nullptr;
    jsnormForwardTrainingArgs_t args;
    bool pass_args = true;
};

struct Outcome {
    jsnormStatus_t status = JSNORM_STATUS_SUCCESS;
    std::string text;
    bool wrote = false;
};

// Every rank calls; before_setup and before_call may change what the odd one passes.
std::vector<Outcome> call_with(const std::function<void(RankCall &)> &before_setup,
                               const std::function<void(RankCall &)> &before_call) {
    std::vector<Outcome> outcomes(kRanks);
    run_ranks(kRanks, [&](distributed::Engine &engine) {
        const bool odd = engine.rank() == kOdd;
        RankCall call;
        if (odd) before_setup(call);
        const Handle handle(JSNORM_BACKEND_CPU);
        require(jsnormSetThreadCount(handle.get(), 1), "threads");
        const NormDescriptor norm(call.kind);
        const TensorDescriptor desc(call.type, {3, call.channels});
        const std::vector<double> x(static_cast<size_t>(3 * call.channels), 1.5);
        std::vector<double> y(x.size(), -7), space(1 << 16);
        call.handle = handle.get();
        call.norm = norm.get();
        require(jsnormForwardTrainingArgsInit(&call.args, sizeof call.args), "init");
        call.args.x_desc = call.args.y_desc = desc.get();
        call.args.x = x.data();
        call.args.y = y.data();
        call.args.workspace = space.data();
        call.args.workspace_bytes = 8 * space.size();
        if (odd) before_call(call);
        Outcome &outcome = outcomes[static_cast<size_t>(engine.rank())];
        const distributed::Named named("sync");
        outcome.status = distributed::forward_training(
            call.handle, call.norm, call.pass_args ? &call.args : nullptr, engine, {});
        outcome.text = distributed::last_error();
        outcome.wrote = y != std::vector<double>(x.size(), -7);
    });
    return outcomes;
}

void nothing(RankCall &) {}

void expect_everywhere(const std::vector<Outcome> &outcomes, jsnormStatus_t status,
                       const std::string &others_text) {
    for (size_t r = 0; r < outcomes.size(); ++r) {
        EXPECT_EQ(outcomes[r].status, status) << "rank " << r << ": " << outcomes[r].text;
        EXPECT_FALSE(outcomes[r].wrote) << "rank " << r;
        if (r != kOdd) {
            EXPECT_EQ(outcomes[r].text, others_text);
        }
    }
}

TEST(BadInput, EqualCallsSucceed) {
    for (const Outcome &outcome : call_with(nothing, nothing)) {
        EXPECT_EQ(outcome.status, JSNORM_STATUS_SUCCESS) << outcome.text;
        EXPECT_TRUE(outcome.wrote);
    }
}

TEST(BadInput, AnotherNumberOfChannels) {
    const auto outcomes = call_with([](RankCall &call) { call.channels = 5; }, nothing);
    const std::string text = "sync: rank 2 has K = 5, but rank 0 has 6";
    expect_everywhere(outcomes, JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH, text);
    EXPECT_EQ(outcomes[kOdd].text, text);
}

TEST(BadInput, AnotherType) {
    expect_everywhere(call_with([](RankCall &call) { call.type = JSNORM_FLOAT; }, nothing),
                      JSNORM_STATUS_BAD_PARAM_DATA_TYPE_MISMATCH,
                      "sync: rank 2 has data type = 0, but rank 0 has 1");
}

TEST(BadInput, AnotherKind) {
    expect_everywhere(
        call_with([](RankCall &call) { call.kind = JSNORM_BATCH_NORM_PER_ACTIVATION; }, nothing),
        JSNORM_STATUS_BAD_PARAM, "sync: rank 2 has kind = 1, but rank 0 has 0");
}

TEST(BadInput, AnotherEstimator) {
    const auto change = [](RankCall &call) {
        require(jsnormSetNormEstimators(call.norm, JSNORM_ESTIMATOR_JAMES_STEIN,
                                        JSNORM_ESTIMATOR_SAMPLING),
                "estimators");
    };
    expect_everywhere(call_with(nothing, change), JSNORM_STATUS_BAD_PARAM,
                      "sync: rank 2 has variance estimator = 6, but rank 0 has 1");
}

TEST(BadInput, AnotherSettingThatIsADouble) {
    const auto change = [](RankCall &call) {
        require(jsnormSetNormEpsilon(call.norm, 0.125), "epsilon");
    };
    expect_everywhere(call_with(nothing, change), JSNORM_STATUS_BAD_PARAM,
                      "sync: rank 2 has epsilon = 0.125, but rank 0 has 1.0000000000000001e-05");
}

TEST(BadInput, AKindWithLocalStatistics) {
    const auto outcomes = call_with([](RankCall &call) { call.kind = JSNORM_LAYER_NORM; }, nothing);
    expect_everywhere(outcomes, JSNORM_STATUS_NOT_SUPPORTED,
                      "sync: rank 2 failed with JSNORM_STATUS_NOT_SUPPORTED; its last error says "
                      "why");
}

TEST(BadInput, PointersAndWorkspaceOfOneRank) {
    struct Defect {
        std::function<void(RankCall &)> make;
        jsnormStatus_t status;
        std::string text;  // part of what the rank itself says
    };
    const Defect defects[] = {
        {[](RankCall &call) { call.pass_args = false; }, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
         "args is NULL"},
        {[](RankCall &call) { call.handle = nullptr; }, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
         "handle"},
        {[](RankCall &call) { call.norm = nullptr; }, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "norm"},
        {[](RankCall &call) { call.args.x_desc = nullptr; }, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
         "x_desc"},
        {[](RankCall &call) { call.args.x = nullptr; }, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
         "args.x"},
        {[](RankCall &call) { call.args.y = nullptr; }, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
         "args.y"},
        {[](RankCall &call) { call.args.workspace = nullptr; },
         JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "args.workspace"},
        {[](RankCall &call) { call.args.workspace_bytes = 900; },
         JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT, "args.workspace_bytes = 900"},
        {[](RankCall &call) { call.args.struct_size = 4; },
         JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT, "args.struct_size = 4"},
        {[](RankCall &call) { call.args.saved_mean = static_cast<double *>(call.args.y); },
         JSNORM_STATUS_BAD_PARAM_ALIASING, "args.saved_mean"},
    };
    for (const Defect &defect : defects) {
        SCOPED_TRACE(defect.text);
        const auto outcomes = call_with(nothing, defect.make);
        expect_everywhere(outcomes, defect.status,
                          std::string("sync: rank 2 failed with ") +
                              jsnormGetStatusString(defect.status) + "; its last error says why");
        EXPECT_NE(outcomes[kOdd].text.find(defect.text), std::string::npos) << outcomes[kOdd].text;
    }
}

// Passes calls on, and fails the one of a number.
class FailingEngine final : public distributed::Engine {
  public:
    FailingEngine(distributed::Engine &engine, int fails_at) : engine_(engine), left_(fails_at) {}

    bool failed() const { return left_ < 0; }
    int64_t rank() const override { return engine_.rank(); }
    int64_t size() const override { return engine_.size(); }
    jsnormStatus_t maximum(int64_t *values, int32_t count) override {
        return fails() ? kFailure : engine_.maximum(values, count);
    }
    jsnormStatus_t total(int64_t *values, int32_t count) override {
        return fails() ? kFailure : engine_.total(values, count);
    }
    jsnormStatus_t all_gather(const void *sent, void *received,
                              const distributed::Segments &segments) override {
        return fails() ? kFailure : engine_.all_gather(sent, received, segments);
    }
    jsnormStatus_t all_to_all(const void *sent, const distributed::Segments &sent_segments,
                              void *received,
                              const distributed::Segments &received_segments) override {
        return fails() ? kFailure
                       : engine_.all_to_all(sent, sent_segments, received, received_segments);
    }
    jsnormStatus_t pass_on(const void *sent, int32_t sent_words, int64_t to, void *received,
                           int32_t received_words, int64_t from) override {
        return fails() ? kFailure
                       : engine_.pass_on(sent, sent_words, to, received, received_words, from);
    }

    static constexpr jsnormStatus_t kFailure = JSNORM_STATUS_EXECUTION_FAILED;

  private:
    bool fails() { return left_-- == 0; }

    distributed::Engine &engine_;
    int left_;
};

TEST(FailingEngines, EndTheCallWithTheirStatusAndWriteNothing) {
    for (const distributed::Exchange exchange : distributed::kExchanges) {
        int calls = 0;
        for (bool failed = true; failed; ++calls) {
            std::vector<char> failures(kRanks);
            run_ranks(kRanks, [&](distributed::Engine &engine) {
                FailingEngine failing(engine, calls);
                const Handle handle(JSNORM_BACKEND_CPU);
                const NormDescriptor norm(JSNORM_BATCH_NORM);
                const TensorDescriptor desc(JSNORM_DOUBLE, {3, 6});
                const std::vector<double> x(18, 1.5);
                std::vector<double> y(18, -7), space(1 << 16);
                jsnormForwardTrainingArgs_t args;
                require(jsnormForwardTrainingArgsInit(&args, sizeof args), "init");
                args.x_desc = args.y_desc = desc.get();
                args.x = x.data();
                args.y = y.data();
                args.workspace = space.data();
                args.workspace_bytes = 8 * space.size();
                const jsnormStatus_t status = distributed::forward_training(
                    handle.get(), norm.get(), &args, failing, exchange);
                EXPECT_EQ(status,
                          failing.failed() ? FailingEngine::kFailure : JSNORM_STATUS_SUCCESS);
                EXPECT_EQ(y[0] == -7, failing.failed());
                failures[static_cast<size_t>(engine.rank())] = failing.failed();
            });
            failed = failures[0] != 0;
            EXPECT_EQ(failures, std::vector<char>(kRanks, failures[0]));
        }
        EXPECT_GT(calls, 4);  // two agreements of three calls, and the exchange
    }
}

TEST(BadInput, OfWorkspaceQueries) {
    const Handle handle(JSNORM_BACKEND_CPU);
    const NormDescriptor norm(JSNORM_BATCH_NORM), layer(JSNORM_LAYER_NORM);
    const TensorDescriptor desc(JSNORM_FLOAT, {3, 4}), wide(JSNORM_FLOAT, {0, 1 << 28});
    size_t bytes = 77;
    const auto ask = [&](jsnormNormDescriptor_t of, jsnormTensorDescriptor_t x_desc,
                         jsnormOperation_t operation, size_t *answer,
                         distributed::ExchangeChoice choice = {}) {
        return distributed::workspace_size(handle.get(), of, x_desc, operation, 8, choice, answer);
    };
    EXPECT_EQ(ask(norm.get(), desc.get(), JSNORM_BACKWARD, nullptr),
              JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
    EXPECT_EQ(ask(norm.get(), desc.get(), JSNORM_FORWARD_APPLY, &bytes), JSNORM_STATUS_BAD_PARAM);
    EXPECT_EQ(ask(layer.get(), desc.get(), JSNORM_BACKWARD, &bytes), JSNORM_STATUS_NOT_SUPPORTED);
    EXPECT_EQ(ask(norm.get(), wide.get(), JSNORM_BACKWARD, &bytes, distributed::Exchange::kGather),
              JSNORM_STATUS_NOT_SUPPORTED_SHAPE);
    EXPECT_EQ(bytes, 77u);
    EXPECT_EQ(ask(norm.get(), desc.get(), JSNORM_BACKWARD, &bytes), JSNORM_STATUS_SUCCESS);
    size_t fused = 0;
    require(jsnormGetWorkspaceSize(handle.get(), norm.get(), desc.get(), JSNORM_BACKWARD, &fused),
            "size");
    EXPECT_GE(bytes, fused);
}

}  // namespace
}  // namespace jsnorm::test
