// SPDX-License-Identifier: Apache-2.0
#include "bench/clock.hpp"

#include <gtest/gtest.h>

#include "bench/json.hpp"
#include "bench/load.hpp"

namespace jsnorm::bench {
namespace {

// Takes what it says, without a clock; counts.
class Fake : public Contestant {
  public:
    explicit Fake(double one_call) : one_call_(one_call) {}
    void run() override {}
    double seconds(int64_t count) override {
        calls += count;
        return one_call_ * static_cast<double>(count);
    }
    int64_t calls = 0;

  private:
    double one_call_;
};

TEST(Clock, ATurnIsAsManyCallsAsItsTimeHolds) {
    Fake quick(1e-4), slow(0.25);
    ClockSettings settings;
    settings.rounds = 5;
    settings.turn_seconds = 0.01;
    const auto timings = take_turns({&quick, &slow}, settings);
    ASSERT_EQ(timings.size(), 2u);
    EXPECT_EQ(timings[0].calls_per_turn, 100);
    EXPECT_EQ(timings[1].calls_per_turn, 1);
    for (const Timing &timing : timings) EXPECT_EQ(timing.seconds.size(), 5u);
    for (const double time : timings[0].seconds) EXPECT_DOUBLE_EQ(time, 1e-4);
    // Three to find out, five turns; a long call is not preceded by another.
    EXPECT_EQ(slow.calls, 8);
}

TEST(Load, CountsOnlyWhatOthersUsed) {
    const ProcessorUse before{10, 100, 50};
    EXPECT_DOUBLE_EQ(foreign_load(before, {20, 115, 60}, 2), 0.25);  // 15 used, 10 of them by us
    EXPECT_EQ(foreign_load(before, {20, 110, 60}, 2), 0);
    EXPECT_EQ(foreign_load(before, {20, 109, 60}, 2), 0);  // ticks are coarse
    EXPECT_EQ(foreign_load(before, before, 2), 0);
}

TEST(Load, OurOwnWorkIsOurs) {
    const ProcessorUse before = processor_use();
    volatile double sum = 0;
    for (int i = 0; i < 20'000'000; ++i) sum = sum + 1;
    const ProcessorUse after = processor_use();
    EXPECT_GT(after.ours, before.ours);
    EXPECT_GE(after.wall - before.wall, (after.ours - before.ours) * 0.5);
}

TEST(Json, NestsAndEscapes) {
    JsonWriter json;
    json.begin_object();
    json.value("text", "a \"b\"\n\\");
    json.value("numbers", std::vector<double>{0.5, 1e300 * 1e300});
    json.begin_array("list");
    json.begin_object();
    json.value("good", true);
    json.end_object();
    json.end_array();
    json.end_object();
    EXPECT_EQ(json.text(),
              "{\n \"text\": \"a \\\"b\\\"\\u000a\\\\\",\n \"numbers\": [0.5, null],\n"
              " \"list\": [\n  {\n   \"good\": true\n  }\n ]\n}\n");
}

}  // namespace
}  // namespace jsnorm::bench
