// SPDX-License-Identifier: Apache-2.0
#include "bench/options.hpp"

#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "bench/contestants.hpp"

namespace jsnorm::bench {

namespace {

constexpr const char *kUsageToContestants =
    "usage: jsnorm_bench [option...]\n"
    "  --filter=REGEX             cases by name: group/shape/layout/type/direction[/add_relu]\n"
    "  --list                     the names, nothing is measured\n"
    "  --full                     every case; without it, a selection\n"
    "  --contestants=A,B          of";
constexpr const char *kUsageFromThreads =
    "\n"
    "  --threads=N                of everyone (default: all processors)\n"
    "  --rounds=N                 of turns (default 7)\n"
    "  --turn=SECONDS             least time of a turn (default 0.005)\n"
    "  --tensor-bytes=N           scale shapes down to this (default: 1.5 times the last-level "
    "cache)\n"
    "  --python=PATH              a Python with torch (default: $JSNORM_PYTHON, then python3)\n"
    "  --json=FILE                everything that was measured\n"
    "  --revision=TEXT            of the library, for the JSON\n"
    "  --verify                   tiny tensors, checked and not timed\n";

std::vector<std::string> split(const std::string &text) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
    return parts;
}

double number(const std::string &name, const std::string &value, double least) {
    char *end = nullptr;
    const double result = std::strtod(value.c_str(), &end);
    if (value.empty() || *end != '\0' || !(result >= least))
        throw std::invalid_argument(name + ": what is '" + value + "'?");
    return result;
}

void require_known(const std::vector<std::string> &names) {
    for (const std::string &name : names) {
        bool known = false;
        for (const Entrant &entrant : entrants()) known = known || name == entrant.name;
        if (!known) throw std::invalid_argument("--contestants: who is '" + name + "'?");
    }
}

}  // namespace

std::string usage() {
    std::string text = kUsageToContestants;
    for (const Entrant &entrant : entrants()) {
        text += " ";
        text += entrant.name;
    }
    return text + kUsageFromThreads;
}

Options parse_options(int argc, char **argv, int processors) {
    Options options;
    options.settings.threads = processors;
    const char *peers = std::getenv("JSNORM_BENCH_PEERS");
    options.settings.peers_folder = peers != nullptr ? peers : JSNORM_BENCH_PEERS_FOLDER;
    if (const char *python = std::getenv("JSNORM_PYTHON")) options.settings.python = python;
    for (int i = 1; i < argc; ++i) {
        const std::string text = argv[i];
        const size_t equals = text.find('=');
        const std::string name = text.substr(0, equals);
        const std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
        if (name == "--full")
            options.full = true;
        else if (name == "--filter")
            options.filter = value;
        else if (name == "--list")
            options.list = true;
        else if (name == "--help")
            options.help = true;
        else if (name == "--verify")
            options.verify_only = true;
        else if (name == "--contestants")
            require_known(options.contestants = split(value));
        else if (name == "--threads")
            options.settings.threads = static_cast<int>(number(name, value, 1));
        else if (name == "--rounds")
            options.clock.rounds = static_cast<int>(number(name, value, 1));
        else if (name == "--turn")
            options.clock.turn_seconds = number(name, value, 0);
        else if (name == "--tensor-bytes")
            options.tensor_bytes = static_cast<int64_t>(number(name, value, 1024));
        else if (name == "--python")
            options.settings.python = value;
        else if (name == "--json")
            options.json = value;
        else if (name == "--revision")
            options.revision = value;
        else
            throw std::invalid_argument("what is '" + text + "'?");
    }
    return options;
}

}  // namespace jsnorm::bench
