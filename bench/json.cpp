// SPDX-License-Identifier: Apache-2.0
#include "bench/json.hpp"

#include <cmath>
#include <cstdio>

namespace jsnorm::bench {

namespace {

std::string quoted(const std::string &text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", c);
            result += escape;
        } else {
            result += c;
        }
    }
    return result + '"';
}

// JSON has no infinities.
std::string number_text(double number) {
    if (!std::isfinite(number)) return "null";
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", number);
    return text;
}

}  // namespace

void JsonWriter::place(const std::string &key) {
    if (!has_members_.empty()) {
        if (has_members_.back()) text_ += ',';
        has_members_.back() = true;
        text_ += '\n' + std::string(has_members_.size(), ' ');
    }
    if (!key.empty()) text_ += quoted(key) + ": ";
}

void JsonWriter::open(const std::string &key, char bracket) {
    place(key);
    text_ += bracket;
    has_members_.push_back(false);
}

void JsonWriter::close(char bracket) {
    has_members_.pop_back();
    text_ += '\n' + std::string(has_members_.size(), ' ') + bracket;
    if (has_members_.empty()) text_ += '\n';
}

void JsonWriter::value(const std::string &key, const std::string &text) {
    place(key);
    text_ += quoted(text);
}

void JsonWriter::value(const std::string &key, double number) {
    place(key);
    text_ += number_text(number);
}

void JsonWriter::value(const std::string &key, int64_t number) {
    place(key);
    text_ += std::to_string(number);
}

void JsonWriter::value(const std::string &key, bool truth) {
    place(key);
    text_ += truth ? "true" : "false";
}

void JsonWriter::value(const std::string &key, const std::vector<double> &numbers) {
    place(key);
    text_ += '[';
    for (size_t i = 0; i < numbers.size(); ++i) text_ += (i ? ", " : "") + number_text(numbers[i]);
    text_ += ']';
}

void JsonWriter::value(const std::string &key, const std::vector<int64_t> &numbers) {
    place(key);
    text_ += '[';
    for (size_t i = 0; i < numbers.size(); ++i)
        text_ += (i ? ", " : "") + std::to_string(numbers[i]);
    text_ += ']';
}

}  // namespace jsnorm::bench
