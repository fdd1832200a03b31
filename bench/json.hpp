// SPDX-License-Identifier: Apache-2.0
// Writes JSON: nested scopes, keys in the order of the calls.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jsnorm::bench {

class JsonWriter {
  public:
    void begin_object(const std::string &key = "") { open(key, '{'); }
    void end_object() { close('}'); }
    void begin_array(const std::string &key = "") { open(key, '['); }
    void end_array() { close(']'); }

    // In an array the key is empty.
    void value(const std::string &key, const std::string &text);
    void value(const std::string &key, const char *text) { value(key, std::string(text)); }
    void value(const std::string &key, double number);
    void value(const std::string &key, int64_t number);
    void value(const std::string &key, int number) { value(key, static_cast<int64_t>(number)); }
    void value(const std::string &key, bool truth);
    void value(const std::string &key, const std::vector<double> &numbers);
    void value(const std::string &key, const std::vector<int64_t> &numbers);

    const std::string &text() const { return text_; }

  private:
    void open(const std::string &key, char bracket);
    void close(char bracket);
    void place(const std::string &key);  // comma, line, key

    std::string text_;
    std::vector<bool> has_members_;
};

}  // namespace jsnorm::bench
