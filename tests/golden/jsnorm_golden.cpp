// SPDX-License-Identifier: Apache-2.0
//
// jsnorm_golden: puts golden files through the library and prints how far its results are off.

#include <cstdio>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/agreement.hpp"
#include "tests/support/api_call.hpp"

namespace {

using namespace jsnorm::test;

constexpr int kAgreed = 0, kDisagreed = 1, kUsage = 2;

constexpr const char *kHelp =
    "usage: jsnorm_golden [--backend cpu|cuda] [--type double|float|half|bfloat16]\n"
    "                     [--layout nchw|nhwc] FILE...\n"
    "\n"
    "Reads golden files (tests/support/golden_file.hpp tells their form), runs training, backward\n"
    "and inference through the C API, and prints the worst error of every output, relative to its\n"
    "size, with the tolerance behind it (tests/support/tolerance.hpp has the rules).\n"
    "\n"
    "  --type    double (the default) is compared with the numbers of the file; the other types\n"
    "            with the reference loops in double, on the inputs rounded to the type\n"
    "  --layout  nchw (the default): packed. nhwc: axis 1 of x, dy and z is the innermost one, "
    "which\n"
    "            for the layer_token kind means that the tokens of a sample are contiguous\n"
    "\n"
    "Exit status: 0 all within tolerance, 1 something is not, 2 wrong usage, a file that cannot "
    "be\n"
    "read or a backend that is not there.\n";

struct CommandLine {
    RunOptions options;
    std::vector<std::string> paths;
    bool help = false;
};

template <typename T>
T choose(const std::string &option, const std::string &word,
         const std::map<std::string, T> &among) {
    const auto found = among.find(word);
    if (found == among.end()) throw std::invalid_argument(option + ": unknown value " + word);
    return found->second;
}

CommandLine parse(int argc, char **argv) {
    CommandLine line;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--help" || word == "-h") {
            line.help = true;
        } else if (word.rfind("-", 0) != 0) {
            line.paths.push_back(word);
        } else {
            const std::string value = ++i < argc ? argv[i] : "";
            if (word == "--backend")
                line.options.backend = choose<jsnormBackend_t>(
                    word, value, {{"cpu", JSNORM_BACKEND_CPU}, {"cuda", JSNORM_BACKEND_CUDA}});
            else if (word == "--type")
                line.options.type = choose<jsnormDataType_t>(word, value,
                                                             {{"double", JSNORM_DOUBLE},
                                                              {"float", JSNORM_FLOAT},
                                                              {"half", JSNORM_HALF},
                                                              {"bfloat16", JSNORM_BFLOAT16}});
            else if (word == "--layout")
                line.options.layout = choose<Layout>(
                    word, value, {{"nchw", Layout::Packed}, {"nhwc", Layout::ChannelsLast}});
            else
                throw std::invalid_argument("unknown option " + word);
        }
    }
    if (!line.help && line.paths.empty()) throw std::invalid_argument("no file is named");
    return line;
}

void print(const GoldenFile &file, const Agreement &agreement) {
    std::printf("%s: %s\n", file.name.c_str(), agreement.complaints.empty() ? "ok" : "WRONG");
    for (const Verdict &verdict : agreement.verdicts)
        std::printf("    %-22s %9.3g  of %9.3g%s\n", verdict.name.c_str(), verdict.worst,
                    verdict.tolerance, verdict.accepted ? "" : "  WRONG");
    std::fputs(agreement.complaints.c_str(), stdout);
}

// True where the library agrees; a call that it rejects is a disagreement too.
bool check(const GoldenFile &file, const RunOptions &options) {
    try {
        const Agreement agreement = agree_with_golden(file, options);
        print(file, agreement);
        return !agreement.verdicts.empty() && agreement.complaints.empty();
    } catch (const std::runtime_error &error) {
        std::printf("%s: WRONG\n%s\n", file.name.c_str(), error.what());
        return false;
    }
}

}  // namespace

int main(int argc, char **argv) {
    try {
        const CommandLine line = parse(argc, argv);
        if (line.help) {
            std::fputs(kHelp, stdout);
            return kAgreed;
        }
        memory_of(line.options.backend);
        shared_handle(line.options.backend);  // both throw where there is no such backend
        int wrong = 0;
        for (const std::string &path : line.paths) wrong += !check(read_golden(path), line.options);
        std::printf("%zu files, %d wrong\n", line.paths.size(), wrong);
        const bool clean = backend_is_clean();
        return wrong == 0 && clean ? kAgreed : kDisagreed;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "jsnorm_golden: %s (see --help)\n", error.what());
    }
    return kUsage;
}
