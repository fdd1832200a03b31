// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <stdexcept>
#include <utility>

namespace digits {
namespace {

struct Spread {
    double mean = 0.0;
    double deviation = 0.0;  // of the sample (n - 1)
    double least = 0.0;
    double largest = 0.0;
};

Spread spread_of(const std::vector<double> &values) {
    Spread spread;
    const double count = static_cast<double>(values.size());
    for (const double value : values) spread.mean += value / count;
    double squares = 0.0;
    for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
    if (values.size() > 1) spread.deviation = std::sqrt(squares / (count - 1.0));
    const auto [least, largest] = std::minmax_element(values.begin(), values.end());
    spread.least = *least;
    spread.largest = *largest;
    return spread;
}

// A CSV file whose failure to be written, e.g. by a full disk, is not overlooked.
class CsvFile {
  public:
    CsvFile(const std::filesystem::path &path, const char *header) : path_(path), file_(path) {
        file_.precision(9);
        file_ << header << '\n';
    }

    template <typename First, typename... Rest>
    void row(const First &first, const Rest &...rest) {
        file_ << first;
        ((file_ << ',' << rest), ...);
        file_ << '\n';
    }

    void close() {
        file_.close();
        if (!file_) throw std::runtime_error("cannot write " + path_.string());
    }

  private:
    std::filesystem::path path_;
    std::ofstream file_;
};

}  // namespace

std::string estimator_name(jsnormEstimator_t estimator) {
    return estimator == JSNORM_ESTIMATOR_NONE ? "none" : "james_stein";
}

void print_accuracies(const std::vector<RunResult> &results) {
    std::map<std::pair<int64_t, jsnormEstimator_t>, std::vector<double>> accuracies;
    for (const RunResult &result : results) {
        accuracies[{result.settings.batch, result.settings.estimator}].push_back(
            100.0 * result.epochs.back().test_accuracy);
    }
    std::printf("  batch  estimator      seeds    mean  std dev     min     max\n");
    for (const auto &[key, values] : accuracies) {
        const auto &[batch, estimator] = key;
        const Spread spread = spread_of(values);
        std::printf("  %5lld  %-12s %7zu %7.2f %8.2f %7.2f %7.2f\n", static_cast<long long>(batch),
                    estimator_name(estimator).c_str(), values.size(), spread.mean, spread.deviation,
                    spread.least, spread.largest);
    }
}

void print_bandwidth(const std::vector<BandwidthRecord> &records) {
    std::printf("  %-28s %-12s %-9s %9s %8s %10s %9s\n", "layer", "estimator", "operation", "ms",
                "GB/s", "copy GB/s", "of copy");
    for (const BandwidthRecord &record : records) {
        std::printf("  %-28s %-12s %-9s %9.2f %8.1f %10.1f %8.0f%%\n", record.layer.c_str(),
                    record.estimator.c_str(), record.operation.c_str(), record.milliseconds,
                    record.gigabytes_per_second(), record.copy_gigabytes_per_second(),
                    100.0 * record.part_of_copy());
    }
}

void write_curves(const std::filesystem::path &folder, const std::vector<RunResult> &results) {
    CsvFile file(folder / "curves.csv", "estimator,batch,seed,epoch,train_loss,test_accuracy");
    for (const RunResult &result : results) {
        int64_t epoch = 0;
        for (const EpochRecord &record : result.epochs) {
            file.row(estimator_name(result.settings.estimator), result.settings.batch,
                     result.settings.seed, ++epoch, record.training_loss, record.test_accuracy);
        }
    }
    file.close();
}

void write_factors(const std::filesystem::path &folder, const std::vector<RunResult> &results) {
    CsvFile file(folder / "factors.csv", "batch,seed,step,layer,mean_factor,variance_factor");
    for (const RunResult &result : results) {
        if (result.settings.estimator == JSNORM_ESTIMATOR_NONE) continue;
        for (const FactorRecord &record : result.factors) {
            file.row(result.settings.batch, result.settings.seed, record.step, record.layer,
                     record.factors.mean, record.factors.variance);
        }
    }
    file.close();
}

void write_bandwidth(const std::filesystem::path &folder,
                     const std::vector<BandwidthRecord> &records) {
    CsvFile file(folder / "bandwidth.csv",
                 "layer,estimator,operation,milliseconds,gigabytes_per_second,"
                 "copy_gigabytes_per_second,part_of_copy");
    for (const BandwidthRecord &record : records) {
        file.row(record.layer, record.estimator, record.operation, record.milliseconds,
                 record.gigabytes_per_second(), record.copy_gigabytes_per_second(),
                 record.part_of_copy());
    }
    file.close();
}

}  // namespace digits
