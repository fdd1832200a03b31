// SPDX-License-Identifier: Apache-2.0
//
// Fibers: stacks that the executor switches between by itself. On x86-64 a switch saves the six
// registers that a call preserves (about 2 ns); elsewhere, or with JSNORM_SIMT_UCONTEXT, it is
// swapcontext, which costs a system call.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(JSNORM_SIMT_UCONTEXT)
#include <ucontext.h>
#endif

#if !defined(__has_feature)
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define JSNORM_SIMT_ASAN 1
#else
#define JSNORM_SIMT_ASAN 0
#endif

namespace simt {

constexpr size_t kStackBytes = size_t{JSNORM_SIMT_ASAN ? 128 : 32} << 10;

struct Fiber {
    char *stack = nullptr;  // its lowest byte; null for the stack of the host thread
#if defined(JSNORM_SIMT_UCONTEXT)
    ucontext_t context;
#else
    void *stack_pointer = nullptr;
#endif
    // For AddressSanitizer, which must be told of each change of stack.
    void *fake_stack = nullptr;
    const void *bottom = nullptr;
    size_t size = 0;
};

// Makes `fiber` start in `entry`, which must not return, when it is next switched to.
void arm(Fiber &fiber, void (*entry)());
// Must be the first thing that `entry` calls.
void enter_fiber(Fiber &self);
// Saves where `from` is and goes on where `to` was.
void switch_fiber(Fiber &from, Fiber &to);
// Whether the lowest words of the stack still hold what arm() put there.
bool stack_is_intact(const Fiber &fiber);

// `count` stacks, one above the other, with room below the first; never released.
char *make_stacks(size_t count);

}  // namespace simt
