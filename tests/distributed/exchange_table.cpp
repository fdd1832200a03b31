// SPDX-License-Identifier: Apache-2.0
//
// The tables of docs/distributed.md: what the model says about the batch norms of ResNet-50. Prints
// them, or with the name of a file says whether every line is in it.
#include <cstdarg>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "src/distributed/exchange_plan.hpp"

namespace {

using namespace jsnorm::distributed;

// The 53 batch norms of ResNet-50.
struct Layers {
    int64_t channels;
    int count;
};
constexpr Layers kLayers[] = {{64, 7}, {128, 8}, {256, 16}, {512, 11}, {1024, 7}, {2048, 4}};

// A round and a byte as docs/distributed.md has them, with their sources.
struct Machine {
    const char *name;
    int64_t ranks;
    Link link;
};
constexpr Link kNvlink = {0.6e-6, 1 / 450e9, 2e-9};
constexpr Link kInfiniband = {2.7e-6, 1 / 50e9, 2e-9};
constexpr Machine kMachines[] = {{"NVLink", 8, kNvlink},
                                 {"InfiniBand", 8, kInfiniband},
                                 {"InfiniBand", 64, kInfiniband},
                                 {"InfiniBand", 512, kInfiniband},
                                 {"InfiniBand", 4096, kInfiniband}};

[[gnu::format(printf, 1, 2)]] std::string text(const char *format, ...) {
    char line[256];
    va_list values;
    va_start(values, format);
    std::vsnprintf(line, sizeof line, format, values);
    va_end(values);
    return line;
}

double microseconds(const Machine &machine, Exchange exchange, int64_t channels) {
    return 1e6 * seconds(cost_of(exchange, machine.ranks, channels), machine.link);
}

std::vector<std::string> one_layer() {
    std::vector<std::string> lines;
    for (const Layers &layers : kLayers) {
        std::string line =
            text("| %lld | %d |", static_cast<long long>(layers.channels), layers.count);
        for (const Machine &machine : kMachines) {
            line += text(" %.0f / %.0f / %.0f |",
                         microseconds(machine, Exchange::kGather, layers.channels),
                         microseconds(machine, Exchange::kByChannel, layers.channels),
                         microseconds(machine, Exchange::kRouted, layers.channels));
        }
        lines.push_back(line);
    }
    return lines;
}

std::vector<std::string> whole_network() {
    std::vector<std::string> lines;
    for (const Machine &machine : kMachines) {
        double times[3] = {}, bytes[3] = {}, chosen = 0, sums = 0;
        for (const Layers &layers : kLayers) {
            const int64_t channels = layers.channels;
            for (int i = 0; i < 3; ++i) {
                times[i] += layers.count * microseconds(machine, kExchanges[i], channels);
                bytes[i] += layers.count * cost_of(kExchanges[i], machine.ranks, channels).bytes;
            }
            const Exchange best = choose_exchange(machine.ranks, channels);
            chosen += layers.count * microseconds(machine, best, channels);
            sums +=
                layers.count * 1e6 * seconds(cost_of_sums(machine.ranks, channels), machine.link);
        }
        lines.push_back(text("| %s, %lld | %.2f / %.2f / %.2f | %.2f / %.2f / %.2f | %.2f | %.2f |",
                             machine.name, static_cast<long long>(machine.ranks), bytes[0] / 1e6,
                             bytes[1] / 1e6, bytes[2] / 1e6, times[0] / 1e3, times[1] / 1e3,
                             times[2] / 1e3, chosen / 1e3, sums / 1e3));
    }
    return lines;
}

}  // namespace

int main(int argc, char **argv) {
    std::vector<std::string> lines = one_layer();
    for (std::string &line : whole_network()) lines.push_back(std::move(line));
    if (argc < 2) {
        for (const std::string &line : lines) std::printf("%s\n", line.c_str());
        return 0;
    }
    std::ifstream file(argv[1]);
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    int missing = 0;
    for (const std::string &line : lines) {
        if (page.find(line + "\n") != std::string::npos) continue;
        std::printf("not in %s: %s\n", argv[1], line.c_str());
        ++missing;
    }
    return missing;
}
