// SPDX-License-Identifier: Apache-2.0
//
// What an operation of the CPU backend takes of its thread's stack: no more than the header says,
// for any layer, type and layout. Threads of other C libraries have smaller stacks than glibc's.

#if !defined(__SANITIZE_ADDRESS__)  // which sets variables apart on the stack

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/mman.h>

#include <cstring>
#include <functional>

#include "tests/support/api_runner.hpp"

namespace jsnorm::test {
namespace {

constexpr size_t kStack = size_t{2} << 20;
constexpr int kUntouched = 0xa5;

// Runs `body` on a thread of its own; returns how many bytes of the thread's stack were written.
size_t stack_used_by(const std::function<void()> &body) {
    void *memory =
        mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("no memory for a stack");
    std::memset(memory, kUntouched, kStack);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, memory, kStack);
    pthread_t thread;
    const auto start = [](void *given) -> void * {
        (*static_cast<const std::function<void()> *>(given))();
        return nullptr;
    };
    if (pthread_create(&thread, &attributes, start, const_cast<std::function<void()> *>(&body)) !=
        0)
        throw std::runtime_error("no thread");
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    const auto *bytes = static_cast<const unsigned char *>(memory);
    size_t untouched = 0;
    while (untouched < kStack && bytes[untouched] == kUntouched) ++untouched;
    munmap(memory, kStack);
    return kStack - untouched;
}

TEST(ThreadStack, SufficesForEveryLayerTypeAndLayout) {
    constexpr size_t kDocumented = size_t{512} << 10;
    struct Shape {
        jsnormNormKind_t kind;
        std::vector<int64_t> dims;
    };
    const Shape shapes[] = {
        {JSNORM_BATCH_NORM, {3, 5, 400}},     {JSNORM_BATCH_NORM_PER_ACTIVATION, {150, 70}},
        {JSNORM_INSTANCE_NORM, {2, 6, 2000}}, {JSNORM_LAYER_NORM, {1, 2, 5000}},
        {JSNORM_GROUP_NORM, {2, 8, 33, 20}},  {JSNORM_BATCH_NORM, {40, 2100}}};
    size_t most = 0;
    for (const Shape &shape : shapes)
        for (const jsnormDataType_t type : every_data_type())
            for (const Layout layout : every_layout()) {
                CaseOptions case_options;
                case_options.activation = JSNORM_ACTIVATION_RELU;
                const Case problem =
                    rounded_to(make_case(shape.kind, shape.dims, case_options), type);
                RunOptions options;
                options.type = type;
                options.layout = layout;
                options.thread_count = 1;
                const size_t used = stack_used_by([&] { run(problem, options); });
                EXPECT_LE(used, kDocumented)
                    << describe(problem) << ", " << name_of(type) << ", " << name_of(layout);
                most = std::max(most, used);
            }
    EXPECT_GE(most, size_t{16} << 10);  // something was measured
}

}  // namespace
}  // namespace jsnorm::test

#endif
