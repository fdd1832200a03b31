// SPDX-License-Identifier: Apache-2.0
// Google Benchmark keeps the list of cases and runs them. A case is one benchmark of a
// single iteration, because its contestants take turns inside: a benchmark for each of them would
// run one after another, and their ratio would say what the machine did in the meantime.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <regex>
#include <stdexcept>

#include "bench/programme.hpp"
#include "bench/results_json.hpp"
#include "bench/table.hpp"

namespace {

using namespace jsnorm::bench;

// Prints a row when a case is done; Google Benchmark's own columns are not ours.
class TableReporter : public benchmark::BenchmarkReporter {
  public:
    TableReporter(const std::vector<Result> &results, const Options &options,
                  const Machine &machine)
        : results_(results), options_(options), machine_(machine) {}
    bool ReportContext(const Context &) override {
        std::puts(table_head().c_str());
        return true;
    }
    void ReportRuns(const std::vector<Run> &) override {
        for (; printed_ < results_.size(); ++printed_) {
            std::puts(table_row(results_[printed_]).c_str());
            for (const Participation &one : results_[printed_].participations)
                if (one.wrong) std::printf("  %s: %s\n", one.entrant->name, one.refusal.c_str());
        }
        std::fflush(stdout);
        save();
    }

  private:
    // After every case: what was measured is not lost where a later one ends the programme.
    void save() const {
        if (options_.json.empty()) return;
        std::ofstream file(options_.json);
        file << results_json(results_, options_, machine_);
        file.flush();
        if (!file) throw std::runtime_error("cannot write " + options_.json);
    }

    const std::vector<Result> &results_;
    const Options &options_;
    const Machine &machine_;
    size_t printed_ = 0;
};

void run_case(benchmark::State &state, const Case &which, const Options &options,
              const Machine &machine, std::vector<Result> &results) {
    for (auto _ : state) {
        results.push_back(measure(which, options, machine));
        const Result &result = results.back();
        state.SetIterationTime(result.seconds("jsnorm"));
        for (const Participation &one : result.participations)
            if (!one.timing.seconds.empty())
                state.counters[one.entrant->name] = result.seconds(one.entrant->name);
    }
}

// Whether the library was right everywhere, and its peers too where nothing else was asked.
bool all_right(const std::vector<Result> &results, bool peers) {
    for (const Result &result : results)
        for (const Participation &one : result.participations)
            if (one.wrong && (peers || one.entrant->role == Role::kOurs)) return false;
    return true;
}

int run(int argc, char **argv) {
    const Machine machine = programme_machine();
    const Options options = parse_options(argc, argv, machine.processors);
    if (options.help) {
        std::fputs(usage().c_str(), stdout);
        return 0;
    }
    const int64_t tensor_bytes =
        options.tensor_bytes != 0 ? options.tensor_bytes : usual_tensor_bytes(machine);
    std::vector<Case> cases =
        options.verify_only ? tiny_cases()
                            : programme_cases({tensor_bytes, machine.processors, options.full});
    const std::regex filter(options.filter);
    std::erase_if(cases, [&](const Case &one) { return !std::regex_search(one.name(), filter); });
    if (cases.empty()) throw std::invalid_argument("no case has such a name; see --list");
    if (options.list) {
        for (const Case &which : cases) std::puts(which.name().c_str());
        return 0;
    }
    std::vector<Result> results;
    for (const Case &which : cases) {
        benchmark::RegisterBenchmark(
            which.name().c_str(),
            [&which, &options, &machine, &results](benchmark::State &state) {
                run_case(state, which, options, machine, results);
            })
            ->Iterations(1)
            ->UseManualTime();
    }
    TableReporter reporter(results, options, machine);
    benchmark::RunSpecifiedBenchmarks(&reporter);
    std::fputs(table_legend().c_str(), stdout);
    return all_right(results, options.verify_only) ? 0 : 1;
}

}  // namespace

int main(int argc, char **argv) {
    try {
        return run(argc, argv);
    } catch (const std::invalid_argument &error) {
        std::fprintf(stderr, "jsnorm_bench: %s\n%s", error.what(), usage().c_str());
        return 2;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "jsnorm_bench: %s\n", error.what());
        return 1;
    }
}
