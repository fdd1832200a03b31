// SPDX-License-Identifier: Apache-2.0
//
// A child of fork() computes, with the same bits, while its parent has been computing on several
// threads: on the parent's handle and on one of its own.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/process/layer.hpp"

namespace {

using jsnorm::test::Layer;
using jsnorm::test::require;

constexpr int kThreads = 4;

int child(jsnormHandle_t handle_of_parent, Layer &layer, const std::vector<float> &expected) {
    alarm(20);  // a hang ends here
    if (layer.forward(handle_of_parent) != expected) return 1;
    jsnormHandle_t own = nullptr;
    require(jsnormCreate(&own, JSNORM_BACKEND_CPU), "create in the child");
    require(jsnormSetThreadCount(own, kThreads), "threads in the child");
    require(jsnormWarmup(own), "warm-up in the child");
    if (layer.forward(own) != expected) return 2;
    require(jsnormDestroy(own), "destroy in the child");
    return 0;
}

}  // namespace

int main() {
    jsnormHandle_t handle = nullptr;
    require(jsnormCreate(&handle, JSNORM_BACKEND_CPU), "create");
    require(jsnormSetThreadCount(handle, kThreads), "threads");
    Layer layer;
    const std::vector<float> expected = layer.forward(handle);

    // A thread of the parent that keeps its own team busy.
    std::atomic<bool> stop = false;
    std::thread busy([&stop] {
        jsnormHandle_t own = nullptr;
        require(jsnormCreate(&own, JSNORM_BACKEND_CPU), "create in a thread");
        require(jsnormSetThreadCount(own, kThreads), "threads of a thread");
        Layer other;
        while (!stop) other.forward(own);
        require(jsnormDestroy(own), "destroy in a thread");
    });

    int failures = 0;
    for (int i = 0; i < 5; ++i) {
        const pid_t pid = fork();
        if (pid == 0) _exit(child(handle, layer, expected));
        int status = 0;
        if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
            WEXITSTATUS(status) != 0) {
            std::fprintf(stderr, "child %d: wait status %d\n", i, status);
            ++failures;
        }
        if (layer.forward(handle) != expected) ++failures;  // the parent goes on
    }
    stop = true;
    busy.join();
    require(jsnormDestroy(handle), "destroy");
    return failures == 0 ? 0 : 1;
}
