// SPDX-License-Identifier: Apache-2.0
#include "src/simt/fiber.hpp"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>

#if JSNORM_SIMT_ASAN
extern "C" {
void __sanitizer_start_switch_fiber(void **fake_stack, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *fake_stack, const void **bottom, size_t *size);
void __asan_unpoison_memory_region(const volatile void *address, size_t size);
}
#endif

#if !defined(JSNORM_SIMT_UCONTEXT)
#if !defined(__x86_64__)
#error "define JSNORM_SIMT_UCONTEXT: the switch below is for x86-64"
#endif
extern "C" void jsnorm_simt_switch(void **saved_stack_pointer, void *stack_pointer);
// It is called from one place alone, so the processor, which predicts that this returns to where it
// was last called, is right although the stack is another.
asm(R"(
    .text
    .type jsnorm_simt_switch, @function
    .globl jsnorm_simt_switch
    .hidden jsnorm_simt_switch
jsnorm_simt_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size jsnorm_simt_switch, . - jsnorm_simt_switch
)");
#endif

namespace simt {
namespace {

constexpr uint64_t kCanary = 0x5ca1ab1e0ddba11;
constexpr size_t kCanaryWords = 4;

// The fiber left by the switch in progress.
Fiber *previous = nullptr;

}  // namespace

void arm(Fiber &fiber, void (*entry)()) {
    auto *words = reinterpret_cast<uint64_t *>(fiber.stack);
#if JSNORM_SIMT_ASAN
    __asan_unpoison_memory_region(fiber.stack, kStackBytes);
#endif
    for (size_t i = 0; i < kCanaryWords; i++) words[i] = kCanary;
    fiber.fake_stack = nullptr;
    fiber.bottom = fiber.stack;
    fiber.size = kStackBytes;
#if defined(JSNORM_SIMT_UCONTEXT)
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack;
    fiber.context.uc_stack.ss_size = kStackBytes;
    fiber.context.uc_link = nullptr;
    makecontext(&fiber.context, entry, 0);
#else
    // Stacks are a power of two apart: tops at different offsets keep them out of the same sets of
    // the cache.
    const size_t color = (reinterpret_cast<uintptr_t>(fiber.stack) / kStackBytes) % 16;
    auto *top = reinterpret_cast<void **>(fiber.stack + kStackBytes - color * 192);
    *--top = nullptr;  // where a return address would be, so that `entry` finds the stack aligned
    *--top = reinterpret_cast<void *>(entry);
    for (int preserved = 0; preserved < 6; preserved++) *--top = nullptr;
    fiber.stack_pointer = top;
#endif
}

void enter_fiber(Fiber &self) {
#if JSNORM_SIMT_ASAN
    __sanitizer_finish_switch_fiber(self.fake_stack, &previous->bottom, &previous->size);
#endif
    (void)self;
}

void switch_fiber(Fiber &from, Fiber &to) {
    previous = &from;
#if JSNORM_SIMT_ASAN
    __sanitizer_start_switch_fiber(&from.fake_stack, to.bottom, to.size);
#endif
#if defined(JSNORM_SIMT_UCONTEXT)
    swapcontext(&from.context, &to.context);
#else
    jsnorm_simt_switch(&from.stack_pointer, to.stack_pointer);
#endif
    enter_fiber(from);
}

bool stack_is_intact(const Fiber &fiber) {
    const auto *words = reinterpret_cast<const uint64_t *>(fiber.stack);
    for (size_t i = 0; i < kCanaryWords; i++)
        if (words[i] != kCanary) return false;
    return true;
}

char *make_stacks(size_t count) {
    // Mapped, but committed page by page as they are used. Guard pages between them would exceed
    // the kernel's limit on mappings.
    void *memory = mmap(nullptr, (count + 1) * kStackBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        std::perror("mmap");
        std::abort();
    }
    return static_cast<char *>(memory) + kStackBytes;
}

}  // namespace simt
