// SPDX-License-Identifier: Apache-2.0
#include "training.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

#include "random_numbers.hpp"

namespace digits {
namespace {

constexpr int64_t kFactorRecords = 200;

void record_factors(const Classifier &classifier, int64_t step, RunResult &result) {
    for (int layer = 0; layer < classifier.norm_layers(); ++layer) {
        result.factors.push_back(
            {step, layer + 1, classifier.shrink_factors(layer), classifier.largest_xhat(layer)});
    }
}

}  // namespace

bool RunResult::diverged() const {
    return std::any_of(epochs.begin(), epochs.end(), [](const EpochRecord &epoch) {
        return !std::isfinite(epoch.training_loss);
    });
}

RunResult train(const jsnorm::Handle &handle, const Digits &digits, const RunSettings &settings) {
    RandomNumbers random(settings.seed);
    const auto classifier = make_classifier(settings.network, handle, settings.estimators, random);
    const auto learning_rate =
        static_cast<float>(kLearningRatePerImage * static_cast<double>(settings.batch));
    const int64_t steps_per_epoch = digits.training.count() / settings.batch;
    const int64_t stride = std::max<int64_t>(1, settings.epochs * steps_per_epoch / kFactorRecords);

    RunResult result{settings, {}, {}};
    std::vector<int64_t> order(static_cast<size_t>(digits.training.count()));
    std::iota(order.begin(), order.end(), 0);
    Images batch;
    int64_t step = 0;
    for (int64_t epoch = 0; epoch < settings.epochs; ++epoch) {
        random.shuffle(order);
        double loss = 0.0;
        for (int64_t i = 0; i < steps_per_epoch; ++i) {
            gather(digits.training, order.data() + i * settings.batch, settings.batch, batch);
            loss += classifier->train(batch, learning_rate, static_cast<float>(kMomentum));
            if (step++ % stride == 0) record_factors(*classifier, step, result);
        }
        result.epochs.push_back(
            {loss / static_cast<double>(steps_per_epoch), classifier->accuracy(digits.test)});
    }
    return result;
}

std::vector<RunResult> train_all(jsnormBackend_t backend, const Digits &digits,
                                 const std::vector<RunSettings> &settings) {
    std::vector<RunResult> results(settings.size());
    std::atomic<size_t> next{0};
    std::exception_ptr failure;
    std::mutex failure_mutex;
    const auto work = [&] {
        try {
            // One thread at a time may use a handle, so every worker has its own.
            jsnorm::Handle handle = jsnorm::Handle::create(backend).or_throw();
            handle.set_thread_count(1).or_throw();
            for (size_t run = next++; run < settings.size(); run = next++) {
                results[run] = train(handle, digits, settings[run]);
            }
        } catch (...) {
            const std::lock_guard lock(failure_mutex);
            failure = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> workers;
        const size_t cores = std::max(1u, std::thread::hardware_concurrency());
        for (size_t i = 0; i < std::min(cores, settings.size()); ++i) workers.emplace_back(work);
    }
    if (failure) std::rethrow_exception(failure);
    return results;
}

}  // namespace digits
