// SPDX-License-Identifier: Apache-2.0
//
// Creating handles and setting their number of threads starts no thread; an operation does, unless
// the caller lends threads.

#include <filesystem>
#include <iterator>

#include "tests/process/layer.hpp"
#include "tests/support/task_runners.hpp"

namespace {

using jsnorm::test::require;

long threads_of_process() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                         std::filesystem::directory_iterator());
}

int check(const char *what, bool holds, long threads) {
    if (holds) return 0;
    std::fprintf(stderr, "%s: the process has %ld threads\n", what, threads);
    return 1;
}

}  // namespace

int main() {
    constexpr int kThreads = 3;
    const long before = threads_of_process();
    std::vector<jsnormHandle_t> handles(50);
    for (jsnormHandle_t &handle : handles) {
        require(jsnormCreate(&handle, JSNORM_BACKEND_CPU), "create");
        require(jsnormSetThreadCount(handle, kThreads), "threads");
    }
    int failures = 0;
    const long created = threads_of_process();
    failures += check("after creating handles", created == before, created);
    jsnorm::test::Layer layer;
    jsnorm::test::Lent lent;
    require(jsnormSetTaskRunner(handles[0], jsnorm::test::run_forwards, &lent), "runner");
    require(jsnormWarmup(handles[0]), "warm-up");
    layer.forward(handles[0]);
    const long ran_by_caller = threads_of_process();
    failures +=
        check("after an operation on the caller's threads", ran_by_caller == before, ran_by_caller);
    failures += check("the caller's threads were not used", lent.tasks > 0, ran_by_caller);
    require(jsnormSetTaskRunner(handles[0], nullptr, nullptr), "runner");
    for (const jsnormHandle_t handle : handles) layer.forward(handle);
    const long run = threads_of_process();
    failures += check("after operations on 50 handles", run <= before + kThreads - 1, run);
    for (const jsnormHandle_t handle : handles) require(jsnormDestroy(handle), "destroy");
    return failures;
}
