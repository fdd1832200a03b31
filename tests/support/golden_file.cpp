// SPDX-License-Identifier: Apache-2.0

#include "tests/support/golden_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

namespace jsnorm::test {
namespace {

using Words = std::vector<std::string>;

class Parser {
  public:
    explicit Parser(const std::string &name) { file_.name = name; }

    GoldenFile parse(std::istream &text) {
        std::string line;
        while (std::getline(text, line)) {
            ++line_;
            parse_line(line);
        }
        if (text.bad()) fail("cannot be read");
        for (const char *key : {"kind", "shape", "x"})
            if (!seen_.count(key)) fail(std::string("the file has no ") + key);
        check();
        return std::move(file_);
    }

  private:
    [[noreturn]] void fail(const std::string &what) const {
        throw std::runtime_error(file_.name + ":" + std::to_string(line_) + ": " + what);
    }

    void parse_line(const std::string &line) {
        std::istringstream stream(line);
        std::string key;
        if (!(stream >> key) || key[0] == '#') return;
        if (!seen_.emplace(key, line_).second) fail(key + " is there twice");
        Words words;
        for (std::string word; stream >> word;) words.push_back(word);
        if (vectors_.count(key)) {
            for (const std::string &word : words) vectors_.at(key)->push_back(number(key, word));
            return;
        }
        if (key == "shape") {
            for (const std::string &word : words) file_.problem.dims.push_back(integer(key, word));
            return;
        }
        if (words.size() != 1) fail(key + " takes one value, not " + std::to_string(words.size()));
        parse_scalar(key, words[0]);
    }

    void parse_scalar(const std::string &key, const std::string &word) {
        Case &problem = file_.problem;
        if (key == "kind")
            problem.kind = kind(word);
        else if (key == "groups")
            problem.group_count = integer(key, word);
        else if (key == "mean_estimator")
            problem.mean_estimator = estimator(word);
        else if (key == "variance_estimator")
            problem.variance_estimator = estimator(word);
        else if (key == "lambda")
            problem.lambda = not_negative(key, word);
        else if (key == "epsilon")
            problem.epsilon = not_negative(key, word);
        else if (key == "factor")
            problem.factor = not_negative(key, word);
        else if (key == "effective_fraction")
            problem.effective_fraction = not_negative(key, word);
        else if (key == "activation")
            problem.activation = activation(word);
        else
            fail("unknown key " + key);
    }

    double number(const std::string &key, const std::string &word) const {
        double value = 0;
        const char *end = word.data() + word.size();
        const auto [stop, error] = std::from_chars(word.data(), end, value);
        const bool tiny = word.find("e-") != word.npos || word.find("E-") != word.npos;
        if (error == std::errc::result_out_of_range && stop == end && tiny) return 0;
        if (error != std::errc() || stop != end) fail(key + ": " + word + " is not a number");
        return value;
    }

    double not_negative(const std::string &key, const std::string &word) const {
        const double value = number(key, word);
        if (!std::isfinite(value) || value < 0) fail(key + " must be finite and not negative");
        return value;
    }

    int64_t integer(const std::string &key, const std::string &word) const {
        int64_t value = 0;
        const char *end = word.data() + word.size();
        const auto [stop, error] = std::from_chars(word.data(), end, value);
        if (error != std::errc() || stop != end || value < 0)
            fail(key + ": " + word + " is not a size");
        return value;
    }

    jsnormNormKind_t kind(const std::string &word) const {
        static const std::map<std::string, jsnormNormKind_t> kinds = {
            {"batch", JSNORM_BATCH_NORM},
            {"batch_per_activation", JSNORM_BATCH_NORM_PER_ACTIVATION},
            {"layer_spatial", JSNORM_INSTANCE_NORM},
            {"layer_token", JSNORM_LAYER_NORM},
            {"group", JSNORM_GROUP_NORM}};
        const auto found = kinds.find(word);
        if (found == kinds.end()) fail("unknown kind " + word);
        return found->second;
    }

    jsnormEstimator_t estimator(const std::string &word) const {
        for (const jsnormEstimator_t candidate : every_estimator())
            if (word == name_of(candidate)) return candidate;
        fail("unknown estimator " + word);
    }

    jsnormActivation_t activation(const std::string &word) const {
        if (word == "none") return JSNORM_ACTIVATION_NONE;
        if (word == "relu") return JSNORM_ACTIVATION_RELU;
        fail("unknown activation " + word);
    }

    // Blames the line that a key stands on.
    void require(bool condition, const std::string &key, const std::string &what) {
        if (condition) return;
        if (seen_.count(key)) line_ = seen_.at(key);
        fail(key + " " + what);
    }

    void check() {
        Case &problem = file_.problem;
        const size_t rank = problem.dims.size();
        require(rank >= 2 && rank <= JSNORM_MAX_RANK, "shape", "must have 2 to 8 sizes");
        const bool group = problem.kind == JSNORM_GROUP_NORM;
        require(group || problem.group_count == 1, "groups", "is for kind group");
        require(problem.group_count >= 1 && problem.dims[1] % problem.group_count == 0, "groups",
                "must divide the number of channels");
        require(problem.factor <= 1, "factor", "must be at most 1");
        require(problem.effective_fraction > 0 && problem.effective_fraction <= 1,
                "effective_fraction", "must be above 0 and at most 1");

        const View view = view_of(problem);
        const bool batch = is_batch_kind(problem.kind);
        for (const auto &[key, vector] : vectors_) {
            if (!seen_.count(key)) continue;
            const bool running = key.rfind("running_", 0) == 0;
            require(!running || batch, key, "is for batch kinds");
            int64_t count = element_count(problem);
            if (parameters_.count(key)) count = view.parameter_count;
            if (statistics_.count(key)) count = view.statistics();
            require(vector->size() == static_cast<size_t>(count), key,
                    "has " + std::to_string(vector->size()) + " values, needs " +
                        std::to_string(count));
        }
        for (const char *key : {"dx", "dgamma", "dbeta", "dz"})
            require(!seen_.count(key) || seen_.count("dy"), key, "needs dy");
        for (const char *key : {"running_mean_out", "running_variance_out"}) {
            require(!seen_.count(key) || seen_.count("factor"), key, "needs factor");
            require(!seen_.count(key) || problem.factor == 1 || seen_.count("running_mean"), key,
                    "needs running_mean and running_variance, or factor 1");
        }
        require_both("running_mean", "running_variance");
        require_both("running_mean_out", "running_variance_out");
        require(!seen_.count("y_inference") || !batch || seen_.count("running_mean") ||
                    seen_.count("running_mean_out"),
                "y_inference", "needs running statistics");
    }

    void require_both(const std::string &one, const std::string &other) {
        require(!seen_.count(one) || seen_.count(other), one, "needs " + other);
        require(!seen_.count(other) || seen_.count(one), other, "needs " + one);
    }

    GoldenFile file_;
    int line_ = 0;
    std::map<std::string, int> seen_;  // key -> line

    const std::map<std::string, std::vector<double> *> vectors_ = {
        {"x", &file_.problem.x},
        {"gamma", &file_.problem.gamma},
        {"beta", &file_.problem.beta},
        {"z", &file_.problem.z},
        {"dy", &file_.problem.dy},
        {"running_mean", &file_.problem.running_mean},
        {"running_variance", &file_.problem.running_variance},
        {"y", &file_.expected.y},
        {"mean", &file_.expected.saved_mean},
        {"variance", &file_.expected.saved_variance},
        {"shrunk_mean", &file_.expected.shrunk_mean},
        {"shrunk_variance", &file_.expected.shrunk_variance},
        {"running_mean_out", &file_.expected.next_running_mean},
        {"running_variance_out", &file_.expected.next_running_variance},
        {"y_inference", &file_.expected.y_inference},
        {"dx", &file_.expected.dx},
        {"dgamma", &file_.expected.dgamma},
        {"dbeta", &file_.expected.dbeta},
        {"dz", &file_.expected.dz}};
    const std::set<std::string> parameters_ = {"gamma", "beta", "dgamma", "dbeta"};
    const std::set<std::string> statistics_ = {
        "mean",         "variance",         "shrunk_mean",      "shrunk_variance",
        "running_mean", "running_variance", "running_mean_out", "running_variance_out"};
};

}  // namespace

GoldenFile parse_golden(std::istream &text, const std::string &name) {
    return Parser(name).parse(text);
}

GoldenFile read_golden(const std::string &path) {
    std::ifstream file(path);
    const std::string name = std::filesystem::path(path).filename().string();
    if (!file) throw std::runtime_error(path + ": cannot be opened");
    return parse_golden(file, name);
}

Case inference_case(const GoldenFile &file) {
    Case inference = file.problem;
    if (file.expected.next_running_mean.empty()) return inference;
    inference.running_mean = file.expected.next_running_mean;
    inference.running_variance = file.expected.next_running_variance;
    return inference;
}

std::string golden_directory() {
    const char *named = std::getenv("JSNORM_GOLDEN_DIR");
    return named != nullptr ? named : JSNORM_GOLDEN_DIR;
}

std::vector<std::string> golden_paths(const std::string &folder) {
    std::vector<std::string> paths;
    for (const auto &entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".txt") paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    return paths;
}

}  // namespace jsnorm::test
