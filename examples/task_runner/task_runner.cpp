// SPDX-License-Identifier: Apache-2.0
// The idea: the CPU backend on the caller's threads. A framework that has a pool lends it; the
// library then starts none of its own, and every bit stays as it was. Here the "pool" is a handful
// of threads that are started for each loop.
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <jsnorm/jsnorm.hpp>
#include <thread>
#include <vector>

namespace {

struct Pool {
    int threads = 3;
    int64_t loops = 0;  // loops of one handle follow each other: no two threads count
};

// Throws nothing, as the library asks for.
void parallel_for(int64_t count, jsnormTask_t task, void *task_data, void *user_data) noexcept {
    auto &pool = *static_cast<Pool *>(user_data);
    ++pool.loops;
    std::atomic<int64_t> next = 0;
    const auto work = [&] {
        for (int64_t i = next++; i < count; i = next++) task(i, task_data);
    };
    std::vector<std::thread> helpers;
    for (int i = 1; i < pool.threads; ++i) helpers.emplace_back(work);
    work();
    for (std::thread &helper : helpers) helper.join();
}

std::vector<float> layer_norm(const jsnorm::Handle &handle, const std::vector<float> &x,
                              const jsnorm::TensorDescriptor &desc) {
    const auto norm = jsnorm::NormBuilder(JSNORM_LAYER_NORM).build().or_throw();
    std::vector<std::byte> workspace(
        jsnorm::workspace_size(handle, norm, desc, JSNORM_FORWARD_TRAINING).or_throw());
    std::vector<float> y(x.size());
    jsnorm::ForwardTrainingArgs args;
    args.x_desc = args.y_desc = desc;
    args.x = x.data();
    args.y = y.data();
    args.workspace = workspace.data();
    args.workspace_bytes = workspace.size();
    jsnorm::forward_training(handle, norm, args).or_throw();
    return y;
}

int run() {
    const auto desc = jsnorm::TensorDescriptor::create(JSNORM_FLOAT, {8, 256, 256}).or_throw();
    std::vector<float> x(8 * 256 * 256);
    for (size_t i = 0; i < x.size(); ++i) x[i] = std::sin(0.37f * static_cast<float>(i));

    auto own = jsnorm::Handle::create(JSNORM_BACKEND_CPU).or_throw();
    own.set_thread_count(1).or_throw();
    const std::vector<float> expected = layer_norm(own, x, desc);

    Pool pool;
    auto lent = jsnorm::Handle::create(JSNORM_BACKEND_CPU).or_throw();
    lent.set_task_runner(parallel_for, &pool).or_throw();
    lent.set_thread_count(pool.threads).or_throw();
    const std::vector<float> found = layer_norm(lent, x, desc);

    const bool same = std::memcmp(found.data(), expected.data(), x.size() * sizeof(float)) == 0;
    std::printf("%lld loops on the caller's threads, %s\n", static_cast<long long>(pool.loops),
                same ? "the same bits as on one thread" : "OTHER BITS");
    return same && pool.loops > 0 ? 0 : 1;
}

}  // namespace

int main() {
    try {
        return run();
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
