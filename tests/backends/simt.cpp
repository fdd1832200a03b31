// SPDX-License-Identifier: Apache-2.0
//
// Backend CUDA on the executor. A test during which the executor reports anything fails.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "src/simt/device.hpp"
#include "tests/support/buffer.hpp"
#include "tests/support/test_backend.hpp"

namespace jsnorm::test {
namespace {

// Of the executor's table of devices: one that has clusters of blocks.
constexpr int kH100 = 1;

class SimtMemory final : public Memory {
  public:
    void *allocate(size_t bytes) override { return simt::allocate(bytes, "buffer"); }
    void release(void *pointer) override { simt::release(pointer); }
    void upload(void *device, const void *host, size_t bytes) override {
        simt::upload(device, host, bytes);
    }
    void download(void *host, const void *device, size_t bytes) override {
        simt::download(host, const_cast<void *>(device), bytes);
    }
    void forbid(void *begin, size_t bytes) override { simt::forbid(begin, bytes); }
    void permit(void *begin, size_t bytes) override { simt::permit(begin, bytes); }
    void forget(void *begin, size_t bytes) override { simt::forget(begin, bytes); }
};

class ReportsFail final : public testing::EmptyTestEventListener {
    void OnTestStart(const testing::TestInfo &test) override {
        simt_device::reset();
        cuda::set_current_device(kH100);
        // That test reads one row 65,537 times over, to count 2^31 elements: half of the time would
        // go into checks of the same addresses, which LayoutAgreement makes for strides of 0.
        const bool checked = test.test_suite_name() != std::string("LargeElementCount");
        simt::config().bounds = simt::config().races = checked;
    }
    void OnTestEnd(const testing::TestInfo &) override {
        for (const std::string &error : simt::take_errors()) ADD_FAILURE() << error;
    }
};

// Before any test runs.
const bool kRegistered = [] {
    static SimtMemory memory;
    register_memory(JSNORM_BACKEND_CUDA, &memory);
    simt::config().traffic = false;  // a third of the time, and jsnorm_traffic alone asks for it
    if (const char *seed = std::getenv("JSNORM_SIMT_SEED")) {
        simt::config().seed = static_cast<unsigned>(std::strtoul(seed, nullptr, 10));
    }
    testing::UnitTest::GetInstance()->listeners().Append(new ReportsFail);
    return true;
}();

}  // namespace

jsnormBackend_t test_backend() {
    return kRegistered ? JSNORM_BACKEND_CUDA : JSNORM_BACKEND_CPU;
}

void wait_for_backend() {}

bool backend_is_clean() {
    const std::vector<std::string> errors = simt::take_errors();
    for (const std::string &error : errors) std::fprintf(stderr, "%s\n", error.c_str());
    return errors.empty();
}

}  // namespace jsnorm::test
