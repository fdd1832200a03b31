// SPDX-License-Identifier: Apache-2.0
#include "bench/table.hpp"

#include <cstdio>

#include "bench/load.hpp"
#include "bench/statistics.hpp"

namespace jsnorm::bench {

namespace {

std::string format(const char *how, double value) {
    char text[64];
    std::snprintf(text, sizeof text, how, value);
    return text;
}

std::string padded(std::string text, size_t width, bool left = false) {
    const std::string space(text.size() < width ? width - text.size() : 0, ' ');
    return left ? text + space : space + text;
}

std::string time_text(double seconds) {
    if (seconds == 0) return "-";
    if (seconds < 1e-4) return format("%.2f us", seconds * 1e6);
    if (seconds < 1e-1) return format("%.3f ms", seconds * 1e3);
    return format("%.3f s ", seconds);
}

std::string bandwidth_text(double bytes, double seconds) {
    return seconds == 0 ? "-" : format("%.1f", bytes / seconds * 1e-9);
}

std::string ratio_text(const Result &result, const char *name) {
    for (const Participation &one : result.participations)
        if (name == std::string(one.entrant->name) && one.wrong) return "wrong";
    const double ratio = result.ratio(name);
    if (ratio == 0) return "-";
    const std::string mark = spread(result.find(name)->timing.seconds) > kNoisy ? "~" : "";
    return mark + format("%.2f", ratio);
}

constexpr size_t kNameWidth = 40, kShapeWidth = 17;

}  // namespace

std::string table_head() {
    return padded("case", kNameWidth, true) + padded("shape", kShapeWidth, true) + " cache " +
           padded("time", 11) + padded("host", 9) + padded("spread", 8) + padded("useful", 8) +
           padded("scheme", 8) + padded("% copy", 8) + padded("none", 8) + padded("sampling", 9) +
           padded("onednn", 8) + padded("pytorch", 8) + padded("loops", 8);
}

std::string table_row(const Result &result) {
    const double time = result.seconds("jsnorm");
    const double copy = result.seconds("copy");
    const Participation *ours = result.find("jsnorm");
    std::string spread_text = "-", copy_text = "-", host_text = "-";
    if (ours != nullptr) {
        host_text = time_text(ours->host_seconds);
        const double width = spread(ours->timing.seconds);
        spread_text = (width > kNoisy ? "~" : "") + format("%.0f%%", width * 100);
    }
    if (time != 0 && copy != 0) {
        const double share = (result.bytes.scheme / result.bytes.copy) * result.ratio("copy");
        copy_text = format("%.0f%%", share * 100);
    }
    const std::string shape =
        (result.which.shape.whole_batch != 0 ? "*" : "") + dims_text(result.which.shape);
    std::string row = padded(result.which.name(), kNameWidth - 1, true) + " " +
                      padded(shape, kShapeWidth, true) + " " +
                      padded(cache_state_name(result.cache), 6, true) +
                      padded(time_text(time), 11) + padded(host_text, 9) + padded(spread_text, 8) +
                      padded(bandwidth_text(result.bytes.useful, time), 8) +
                      padded(bandwidth_text(result.bytes.scheme, time), 8) + padded(copy_text, 8);
    const std::string scheme = result.bytes.none_has_same_scheme ? "=" : "";
    row += padded(scheme + ratio_text(result, "none"), 8);
    row += padded(ratio_text(result, "sampling"), 9);
    for (const char *name : {"onednn", "pytorch", "loops"})
        row += padded(ratio_text(result, name), 8);
    if (result.foreign_load > kForeign) row += " !";
    return row;
}

std::string table_legend() {
    return "host: what a call takes of the processor where a GPU does the work. useful, scheme: "
           "GB/s of James-Stein, every tensor counted once, or as often as it is "
           "planned to be moved; % copy:\nof a copy by the same threads on the same memory in the "
           "same rounds, scheme bytes. none, sampling, onednn, pytorch, loops:\ntheir time over "
           "that of "
           "James-Stein, above 1 it is faster than they; medians of ratios within rounds. = NONE "
           "has the\nsame plan. ~ spread above 10 %. * scaled down to fit. warm: the same tensors "
           "in a quarter of the last-level cache;\ncold: tensors beyond four times that cache in "
           "turn; partly: between. ! other programs used more than 10 % of the processors.\n";
}

}  // namespace jsnorm::bench
