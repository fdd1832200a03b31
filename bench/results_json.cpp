// SPDX-License-Identifier: Apache-2.0
#include "bench/results_json.hpp"

#include "bench/contestants.hpp"
#include "bench/json.hpp"
#include "bench/statistics.hpp"

namespace jsnorm::bench {

namespace {

// The median over the cases that were cold.
double copy_bandwidth(const std::vector<Result> &results, int threads) {
    std::vector<double> copies;
    for (const Result &result : results) {
        const double time = result.seconds("copy");
        if (time != 0 && result.cache == CacheState::kCold && result.threads == threads)
            copies.push_back(result.bytes.copy / time);
    }
    return median(copies);
}

void write_machine(JsonWriter &json, const std::vector<Result> &results, const Options &options,
                   const Machine &machine) {
    json.begin_object("machine");
    json.value("processors", machine.processors);
    json.value("threads", options.settings.threads);
    json.value("instruction_set", machine.instruction_set);
    json.value("cache_bytes", machine.cache_bytes);
    json.value("memory_bytes", machine.memory_bytes);
    json.value("copy_bytes_per_second", copy_bandwidth(results, options.settings.threads));
    json.end_object();
}

void write_software(JsonWriter &json, const Options &options) {
    json.begin_object("software");
    json.value("revision", options.revision);
    json.value("compiler", __VERSION__);
    json.value("flags", JSNORM_BENCH_FLAGS);
    json.begin_array("contestants");
    for (const Entrant &entrant : entrants()) {
        json.begin_object();
        json.value("name", entrant.name);
        json.value("computes", entrant.what);
        json.value("version", entrant.version());
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

void write_participation(JsonWriter &json, const Result &result, const Participation &one) {
    json.begin_object();
    json.value("name", one.entrant->name);
    if (!one.refusal.empty()) json.value(one.wrong ? "wrong" : "unavailable", one.refusal);
    if (one.refusal.empty() || one.wrong) {
        json.value("element_error", one.agreement.element);
        json.value("parameter_error", one.agreement.parameter);
    }
    if (!one.implementation.empty()) json.value("implementation", one.implementation);
    if (!one.timing.seconds.empty()) {
        json.value("calls_per_turn", one.timing.calls_per_turn);
        json.value("median_seconds", median(one.timing.seconds));
        json.value("spread", spread(one.timing.seconds));
        json.value("ratio", result.ratio(one.entrant->name));
        json.value("seconds", one.timing.seconds);
        if (one.host_seconds != 0) json.value("host_seconds", one.host_seconds);
    }
    json.end_object();
}

void write_result(JsonWriter &json, const Result &result) {
    const Case &which = result.which;
    json.begin_object();
    json.value("name", which.name());
    json.value("group", which.group);
    json.value("shape", which.shape.name);
    json.value("dims", which.shape.dims);
    json.value("whole_batch", which.shape.whole_batch);
    json.value("layer", which.shape.layer == Layer::kBatch ? "batch" : "layer");
    json.value("coupled", which.coupled());
    json.value("layout", layout_name(which));
    json.value("channels_last", which.layout == Layout::kChannelsLast);
    json.value("type", type_name(which.type));
    json.value("direction", direction_name(which.direction));
    json.value("add_relu", which.fusion == Fusion::kAddRelu);
    json.value("threads", result.threads);
    json.value("x", which.x);
    json.value("cache", cache_state_name(result.cache));
    json.value("tensor_bytes", which.tensor_bytes());
    json.value("useful_bytes", result.bytes.useful);
    json.value("scheme_bytes", result.bytes.scheme);
    json.value("copy_bytes", result.bytes.copy);
    json.value("foreign_load", result.foreign_load);
    json.value("none_has_same_scheme", result.bytes.none_has_same_scheme);
    json.begin_array("contestants");
    for (const Participation &one : result.participations) write_participation(json, result, one);
    json.end_array();
    json.end_object();
}

}  // namespace

std::string results_json(const std::vector<Result> &results, const Options &options,
                         const Machine &machine) {
    JsonWriter json;
    json.begin_object();
    write_machine(json, results, options, machine);
    write_software(json, options);
    json.begin_object("clock");
    json.value("rounds", options.clock.rounds);
    json.value("turn_seconds", options.clock.turn_seconds);
    json.end_object();
    json.begin_array("results");
    for (const Result &result : results) write_result(json, result);
    json.end_array();
    json.end_object();
    return json.text();
}

}  // namespace jsnorm::bench
