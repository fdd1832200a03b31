// SPDX-License-Identifier: Apache-2.0
//
// Threads that the caller lends: bitwise the same results as on one thread, whatever runs the
// tasks, in any order and at any time.

#include <gtest/gtest.h>

#include "tests/ops/placed_run.hpp"
#include "tests/support/layout.hpp"
#include "tests/support/task_runners.hpp"

namespace jsnorm::test {
namespace {

using Dims = std::vector<int64_t>;

struct Runner {
    const char *name;
    jsnormParallelFor_t parallel_for;
    Lent *lent;
};

// Group by group, pass by pass, rows, columns, and gradients of elements.
std::vector<Case> large_cases() {
    CaseOptions options;
    options.activation = JSNORM_ACTIVATION_RELU;
    options.residual = true;
    return {make_case(JSNORM_BATCH_NORM, {9, 33, 389}, options),
            make_case(JSNORM_BATCH_NORM_PER_ACTIVATION, {301, 9, 43}, options),
            make_case(JSNORM_LAYER_NORM, {3, 129, 301}, options),
            make_case(JSNORM_GROUP_NORM, {11, 12, 877}, options),
            make_case(JSNORM_INSTANCE_NORM, {40, 12, 250}, options)};
}

TEST(ThreadRunner, ChangesNoBit) {
    const bool on_cpu = test_backend() == JSNORM_BACKEND_CPU;
    Lent forwards, backwards;
    Pool two(2), five(5);
    const Runner runners[] = {{"forwards", run_forwards, &forwards},
                              {"backwards", run_backwards, &backwards},
                              {"two threads", Pool::run, &two},
                              {"five threads", Pool::run, &five}};
    for (const Case &problem : large_cases())
        for (const jsnormDataType_t type : {JSNORM_FLOAT, JSNORM_HALF})
            for (const Layout layout : {Layout::Packed, Layout::ChannelsLast}) {
                SCOPED_TRACE(describe(problem) + " " + name_of(type) + " " + name_of(layout));
                const PlacedCase placed(problem, type);
                PlacedOptions options = all_in(strides_of(layout, problem.dims));
                const Outputs expected = placed.run(options);
                for (const Runner &runner : runners)
                    for (const int32_t threads : {3, 7}) {
                        options.thread_count = threads;
                        options.parallel_for = runner.parallel_for;
                        options.runner_data = runner.lent;
                        const int64_t before = runner.lent->loops;
                        EXPECT_EQ(differences(placed.run(options), expected), "")
                            << runner.name << ", " << threads << " tasks";
                        EXPECT_EQ(runner.lent->loops > before, on_cpu) << runner.name;
                        options.parallel_for = nullptr;
                    }
            }
    EXPECT_GE(two.tasks, 2 * two.loops);
    EXPECT_LE(two.tasks, 7 * two.loops);
}

TEST(ThreadRunner, IsNotAskedForWhatOneThreadDoes) {
    Lent lent;
    const PlacedCase small(make_case(JSNORM_BATCH_NORM, {3, 5, 7}), JSNORM_FLOAT);
    PlacedOptions options;
    options.thread_count = 4;
    options.parallel_for = run_forwards;
    options.runner_data = &lent;
    small.run(options);
    const PlacedCase large(make_case(JSNORM_BATCH_NORM, {9, 33, 389}), JSNORM_FLOAT);
    options.thread_count = 1;
    large.run(options);
    EXPECT_EQ(lent.loops, 0);
}

}  // namespace
}  // namespace jsnorm::test
