// SPDX-License-Identifier: Apache-2.0
//
// Replaces operator new and delete of the whole program by ones that count, and fail on demand.
// Inert until armed. For inclusion in one source file of a program.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

enum class Failure { kNever, kOnce, kFromThenOn };

std::atomic<bool> g_armed{false};
std::atomic<Failure> g_failure{Failure::kNever};
std::atomic<int64_t> g_until_failure{0};
std::atomic<int64_t> g_allocations{0};
std::atomic<int64_t> g_frees{0};
std::atomic<int64_t> g_failures{0};

bool must_fail() {
    if (g_failure == Failure::kNever) return false;
    const int64_t left = --g_until_failure;
    const bool fails = g_failure == Failure::kOnce ? left == 0 : left <= 0;
    if (fails) ++g_failures;
    return fails;
}

void *allocate(size_t bytes, size_t alignment) noexcept {
    if (g_armed) {
        if (must_fail()) return nullptr;
        ++g_allocations;
    }
    if (bytes == 0) bytes = 1;
    if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return std::malloc(bytes);
    return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

void *allocate_or_throw(size_t bytes, size_t alignment) {
    if (void *memory = allocate(bytes, alignment)) return memory;
    throw std::bad_alloc();
}

void release(void *memory) noexcept {
    if (g_armed && memory != nullptr) ++g_frees;
    std::free(memory);
}

constexpr size_t kDefault = __STDCPP_DEFAULT_NEW_ALIGNMENT__;
size_t number(std::align_val_t alignment) {
    return static_cast<size_t>(alignment);
}

}  // namespace

void *operator new(size_t n) {
    return allocate_or_throw(n, kDefault);
}
void *operator new[](size_t n) {
    return allocate_or_throw(n, kDefault);
}
void *operator new(size_t n, std::align_val_t a) {
    return allocate_or_throw(n, number(a));
}
void *operator new[](size_t n, std::align_val_t a) {
    return allocate_or_throw(n, number(a));
}
void *operator new(size_t n, const std::nothrow_t &) noexcept {
    return allocate(n, kDefault);
}
void *operator new[](size_t n, const std::nothrow_t &) noexcept {
    return allocate(n, kDefault);
}
void *operator new(size_t n, std::align_val_t a, const std::nothrow_t &) noexcept {
    return allocate(n, number(a));
}
void *operator new[](size_t n, std::align_val_t a, const std::nothrow_t &) noexcept {
    return allocate(n, number(a));
}
void operator delete(void *p) noexcept {
    release(p);
}
void operator delete[](void *p) noexcept {
    release(p);
}
void operator delete(void *p, size_t) noexcept {
    release(p);
}
void operator delete[](void *p, size_t) noexcept {
    release(p);
}
void operator delete(void *p, std::align_val_t) noexcept {
    release(p);
}
void operator delete[](void *p, std::align_val_t) noexcept {
    release(p);
}
void operator delete(void *p, size_t, std::align_val_t) noexcept {
    release(p);
}
void operator delete[](void *p, size_t, std::align_val_t) noexcept {
    release(p);
}
void operator delete(void *p, const std::nothrow_t &) noexcept {
    release(p);
}
void operator delete[](void *p, const std::nothrow_t &) noexcept {
    release(p);
}
void operator delete(void *p, std::align_val_t, const std::nothrow_t &) noexcept {
    release(p);
}
void operator delete[](void *p, std::align_val_t, const std::nothrow_t &) noexcept {
    release(p);
}

namespace jsnorm::test::api {
namespace {

// Counts what the library allocates while it lives, and makes the n-th allocation fail. Tests do
// nothing else in its scope: GoogleTest's own allocations must not be counted.
class Armed {
  public:
    explicit Armed(Failure failure = Failure::kNever, int64_t n = 0) {
        g_failure = failure;
        g_until_failure = n;
        g_allocations = g_frees = g_failures = 0;
        g_armed = true;
    }
    ~Armed() { g_armed = false; }
    Armed(const Armed &) = delete;
    Armed &operator=(const Armed &) = delete;

    static void have_memory_again() { g_failure = Failure::kNever; }
};

}  // namespace
}  // namespace jsnorm::test::api
