// SPDX-License-Identifier: Apache-2.0
// What shrinking the statistics of a batch norm does: to their errors, and to a small classifier of
// handwritten digits, trained with every estimator at five batch sizes from ten seeds each. And how
// fast the layers are.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "bandwidth.hpp"
#include "digits_data.hpp"
#include "estimators.hpp"
#include "jsnorm_handles.hpp"
#include "report.hpp"
#include "risk.hpp"
#include "training.hpp"

namespace digits {
namespace {

constexpr int64_t kBatchSizes[] = {2, 4, 8, 16, 64};
constexpr uint64_t kFirstSeed = 1001;
constexpr uint64_t kSeeds = 10;

struct Options {
    jsnormBackend_t backend = JSNORM_BACKEND_CPU;
    int64_t epochs = 30;
    std::filesystem::path output = "build/run";
    std::string data = "examples/digits/data/digits.csv";
};

constexpr char kUsage[] =
    "usage: jsnorm_digits [--backend cpu|cuda] [--epochs N] [--output FOLDER] [--data FILE]";

jsnormBackend_t parse_backend(const std::string &name) {
    if (name == "cpu") return JSNORM_BACKEND_CPU;
    if (name == "cuda") return JSNORM_BACKEND_CUDA;
    throw std::invalid_argument("--backend " + name + ": neither cpu nor cuda");
}

int64_t parse_epochs(const std::string &text) {
    int64_t epochs = 0;
    const char *const end = text.data() + text.size();
    const auto [next, error] = std::from_chars(text.data(), end, epochs);
    if (error != std::errc() || next != end || epochs < 1 || epochs > 10000) {
        throw std::invalid_argument("--epochs " + text + ": not a number from 1 to 10000");
    }
    return epochs;
}

Options parse_options(int argc, char **argv) {
    Options options;
    for (int i = 1; i < argc; i += 2) {
        const std::string name = argv[i];
        if (i + 1 == argc) throw std::invalid_argument(name + ": no value given");
        const std::string value = argv[i + 1];
        if (name == "--backend") {
            options.backend = parse_backend(value);
        } else if (name == "--epochs") {
            options.epochs = parse_epochs(value);
        } else if (name == "--output") {
            options.output = value;
        } else if (name == "--data") {
            options.data = value;
        } else {
            throw std::invalid_argument(name + ": no such option");
        }
    }
    return options;
}

// The backend that the library chose. This program's tensors are ordinary host memory.
void print_and_check_backend(jsnormBackend_t requested) {
    const Handle handle = make_handle(requested);
    jsnormBackend_t backend = requested;
    check(jsnormGetBackend(handle.get(), &backend));
    std::printf("Library: %s\n", jsnormGetVersionString());
    std::printf("Backend: %s, threads: %d\n", backend == JSNORM_BACKEND_CPU ? "CPU" : "CUDA",
                thread_count());
    if (backend != JSNORM_BACKEND_CPU) {
        throw std::runtime_error("this example keeps its tensors in host memory: --backend cpu");
    }
}

std::vector<RunSettings> all_settings(int64_t epochs) {
    std::vector<RunSettings> settings;
    for (const int64_t batch : kBatchSizes) {
        for (uint64_t seed = kFirstSeed; seed < kFirstSeed + kSeeds; ++seed) {
            for (const Estimators &estimators : kEstimators) {
                settings.push_back({estimators, batch, seed, epochs});
            }
        }
    }
    return settings;
}

void run(const Options &options) {
    print_and_check_backend(options.backend);
    const Digits digits = load_digits(options.data);
    std::filesystem::create_directories(options.output);

    std::printf(
        "\nSquared errors against the statistics of all training images, over those without "
        "shrinkage:\nfirst / second norm layer before training, %lld draws of R images\n\n",
        static_cast<long long>(kRiskDraws));
    std::fflush(stdout);
    const std::vector<RiskRecord> risk = measure_risk(options.backend, digits);
    print_risk(risk);
    write_risk(options.output, risk);

    const std::vector<RunSettings> settings = all_settings(options.epochs);
    std::printf(
        "\nOptical digits: %lld images train, %lld others test. Perceptron 64-128-128-10, "
        "%lld epochs,\nmomentum %.1f, learning rate 0.1 * batch / 256; %zu runs.\n",
        static_cast<long long>(digits.training.count()),
        static_cast<long long>(digits.test.count()), static_cast<long long>(options.epochs),
        kMomentum, settings.size());
    std::fflush(stdout);
    const auto start = std::chrono::steady_clock::now();
    const std::vector<RunResult> results = train_all(options.backend, digits, settings);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("\nTest accuracy in %% after the last epoch (%.1f s for all runs)\n\n",
                seconds.count());
    print_accuracies(results);
    write_curves(options.output, results);
    write_factors(options.output, results);

    std::printf(
        "\nBandwidth in useful bytes (forward 2 tensors, backward 3), float, threads: %d, "
        "median;\nthe copy is a memcpy of a tensor of the same size by as many threads\n\n",
        thread_count());
    std::fflush(stdout);
    const std::vector<BandwidthRecord> bandwidth = measure_bandwidth(options.backend);
    print_bandwidth(bandwidth);
    write_bandwidth(options.output, bandwidth);
}

}  // namespace
}  // namespace digits

int main(int argc, char **argv) {
    try {
        digits::run(digits::parse_options(argc, argv));
        return 0;
    } catch (const std::invalid_argument &error) {
        std::fprintf(stderr, "%s\n%s\n", error.what(), digits::kUsage);
        return 2;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "jsnorm_digits: %s\n", error.what());
        return 1;
    }
}
