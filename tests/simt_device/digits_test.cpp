// SPDX-License-Identifier: Apache-2.0
//
// The digits example through device memory: it learns on the CUDA backend what it learns on the
// CPU.

#include <gtest/gtest.h>

#include "examples/digits/backend_memory.hpp"
#include "examples/digits/training.hpp"
#include "src/simt/executor.hpp"

namespace digits {
namespace {

class SimtMemory : public DeviceMemory {
  public:
    void *allocate(size_t bytes) override { return simt::allocate(bytes, "digits"); }
    void release(void *pointer) override { simt::release(pointer); }
    void upload(void *device, const void *host, size_t bytes) override {
        simt::upload(device, host, bytes);
    }
    void download(void *host, const void *device, size_t bytes) override {
        simt::download(host, device, bytes);
    }
};

}  // namespace

DeviceMemory *memory_of(jsnormBackend_t backend) {
    static SimtMemory memory;
    return backend == JSNORM_BACKEND_CUDA ? &memory : nullptr;
}

namespace {

RunResult run(jsnormBackend_t backend, const RunSettings &settings) {
    static const Digits digits = load_digits(JSNORM_DIGITS_FILE);
    const jsnorm::Handle handle = jsnorm::Handle::create(backend).or_throw();
    return train(handle, digits, settings);
}

TEST(DigitsExample, LearnsTheSameThroughDeviceMemory) {
    constexpr int64_t kBatch = 100;
    constexpr uint64_t kSeed = 7;
    constexpr int64_t kEpochs = 1;
    for (const Network network : {Network::kPerceptron, Network::kConvolutional}) {
        for (const Estimators &estimators : kEstimators) {
            const RunSettings settings = {network, estimators, kBatch, kSeed, kEpochs};
            const RunResult host = run(JSNORM_BACKEND_CPU, settings);
            const RunResult device = run(JSNORM_BACKEND_CUDA, settings);
            ASSERT_EQ(device.epochs.size(), 1u);
            EXPECT_NEAR(device.epochs[0].training_loss, host.epochs[0].training_loss, 1e-5)
                << estimators.name;
            EXPECT_EQ(device.epochs[0].test_accuracy, host.epochs[0].test_accuracy)
                << estimators.name;
            EXPECT_GT(device.epochs[0].test_accuracy, 0.2);
            ASSERT_EQ(device.factors.size(), host.factors.size());
            const FactorRecord &last = device.factors.back();
            EXPECT_NEAR(last.factors.mean, host.factors.back().factors.mean, 1e-4);
            EXPECT_NEAR(last.factors.variance, host.factors.back().factors.variance, 1e-4);
        }
    }
}

}  // namespace
}  // namespace digits
