// SPDX-License-Identifier: Apache-2.0
// What shrinking the statistics of a batch norm does: to their errors, and to a small classifier of
// handwritten digits, trained with every estimator at several batch sizes from ten seeds each. And
// how fast the layers are. A convolutional network takes the place of the perceptron where it is
// asked for.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "backend_memory.hpp"
#include "bandwidth.hpp"
#include "digits_data.hpp"
#include "estimators.hpp"
#include "report.hpp"
#include "risk.hpp"
#include "training.hpp"
#include "workspace.hpp"

namespace digits {
namespace {

constexpr uint64_t kSeeds = 10;

// An experiment, with settings that were fixed before its first run.
struct Experiment {
    Network network;
    const char *what;
    std::vector<int64_t> batches;
    uint64_t first_seed;
};

Experiment experiment_of(Network network) {
    if (network == Network::kConvolutional) {
        return {network, "Convolutions 8-16-16 of 3x3, a dense layer", {4, 16, 64}, 2101};
    }
    return {network, "Perceptron 64-128-128-10", {2, 4, 8, 16, 64}, 1001};
}

struct Options {
    jsnormBackend_t backend = JSNORM_BACKEND_CPU;
    Network network = Network::kPerceptron;
    int64_t epochs = 30;
    uint64_t seeds = kSeeds;
    std::filesystem::path output = "build/run";
    std::string data = "examples/digits/data/digits.csv";
};

constexpr char kUsage[] =
    "usage: jsnorm_digits [--backend cpu|cuda] [--network perceptron|convolutional] [--epochs N]\n"
    "                     [--seeds N] [--output FOLDER] [--data FILE]";

jsnormBackend_t parse_backend(const std::string &name) {
    if (name == "cpu") return JSNORM_BACKEND_CPU;
    if (name == "cuda") return JSNORM_BACKEND_CUDA;
    throw std::invalid_argument("--backend " + name + ": neither cpu nor cuda");
}

Network parse_network(const std::string &name) {
    if (name == "perceptron") return Network::kPerceptron;
    if (name == "convolutional") return Network::kConvolutional;
    throw std::invalid_argument("--network " + name + ": neither perceptron nor convolutional");
}

int64_t parse_count(const std::string &option, const std::string &text) {
    int64_t count = 0;
    const char *const end = text.data() + text.size();
    const auto [next, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc() || next != end || count < 1 || count > 10000) {
        throw std::invalid_argument(option + " " + text + ": not a number from 1 to 10000");
    }
    return count;
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
            options.epochs = parse_count(name, value);
        } else if (name == "--seeds") {
            options.seeds = static_cast<uint64_t>(parse_count(name, value));
        } else if (name == "--network") {
            options.network = parse_network(value);
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

// Fails where the backend is not there, or its memory is out of reach.
void print_backend(jsnormBackend_t backend) {
    const jsnorm::Handle handle = jsnorm::Handle::create(backend).or_throw();
    memory_of(backend);
    std::printf("Library: %s\n", jsnormGetVersionString());
    std::printf("Backend: %s, threads: %d\n", backend == JSNORM_BACKEND_CPU ? "CPU" : "CUDA",
                thread_count());
}

std::vector<RunSettings> all_settings(const Experiment &experiment, const Options &options) {
    std::vector<RunSettings> settings;
    for (const int64_t batch : experiment.batches) {
        for (uint64_t seed = experiment.first_seed; seed < experiment.first_seed + options.seeds;
             ++seed) {
            for (const Estimators &estimators : kEstimators) {
                settings.push_back({experiment.network, estimators, batch, seed, options.epochs});
            }
        }
    }
    return settings;
}

void show_risk(const Options &options, const Digits &digits) {
    std::printf(
        "\nSquared errors against the statistics of all training images, over those without "
        "shrinkage:\nfirst / second norm layer before training, %lld draws of R images\n\n",
        static_cast<long long>(kRiskDraws));
    std::fflush(stdout);
    const std::vector<RiskRecord> risk = measure_risk(options.backend, digits);
    print_risk(risk);
    write_risk(options.output, risk);
}

void show_training(const Options &options, const Digits &digits) {
    const Experiment experiment = experiment_of(options.network);
    const std::vector<RunSettings> settings = all_settings(experiment, options);
    std::printf(
        "\nOptical digits: %lld images train, %lld others test. %s,\n%lld epochs, "
        "momentum %.1f, learning rate 0.1 * batch / 256; %zu runs.\n",
        static_cast<long long>(digits.training.count()),
        static_cast<long long>(digits.test.count()), experiment.what,
        static_cast<long long>(options.epochs), kMomentum, settings.size());
    std::fflush(stdout);
    const auto start = std::chrono::steady_clock::now();
    const std::vector<RunResult> results = train_all(options.backend, digits, settings);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("\nTest accuracy in %% after the last epoch (%.1f s for all runs)\n\n",
                seconds.count());
    print_accuracies(results);
    write_curves(options.output, results);
    write_factors(options.output, results);
}

void show_bandwidth(const Options &options) {
    std::printf(
        "\nBandwidth in useful bytes (forward 2 tensors, backward 3), float, threads: %d, "
        "median;\nthe copy is a memcpy of a tensor of the same size by as many threads\n\n",
        thread_count());
    std::fflush(stdout);
    const std::vector<BandwidthRecord> bandwidth = measure_bandwidth(options.backend);
    print_bandwidth(bandwidth);
    write_bandwidth(options.output, bandwidth);
}

// Errors of statistics and bandwidth do not depend on the network, and are shown with the first
// one.
void run(const Options &options) {
    print_backend(options.backend);
    const Digits digits = load_digits(options.data);
    std::filesystem::create_directories(options.output);
    const bool first = options.network == Network::kPerceptron;
    if (first) show_risk(options, digits);
    show_training(options, digits);
    // Of a device ./dev gpu has the bandwidth, from events.
    if (first && options.backend == JSNORM_BACKEND_CPU) show_bandwidth(options);
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
