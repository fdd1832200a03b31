// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

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

void print_risk(const std::vector<RiskRecord> &records) {
    std::printf("  %5s  %-15s %19s  %19s  %19s\n", "R", "estimator", "means", "variances",
                "outputs");
    const size_t half = records.size() / 2;  // the second layer follows the first
    for (size_t i = 0; i < half; ++i) {
        const RiskRecord &one = records[i];
        const RiskRecord &two = records[half + i];
        if (one.estimator == "none") continue;
        std::printf("  %5lld  %-15s %8.3g / %8.3g  %8.3g / %8.3g  %8.3g / %8.3g\n",
                    static_cast<long long>(one.rows), one.estimator.c_str(), one.means, two.means,
                    one.variances, two.variances, one.outputs, two.outputs);
    }
}

void print_accuracies(const std::vector<RunResult> &results) {
    struct Runs {
        std::vector<double> accuracies;
        int diverged = 0;
    };
    std::map<int64_t, std::map<std::string, Runs>> table;
    for (const RunResult &result : results) {
        Runs &runs = table[result.settings.batch][result.settings.estimators.name];
        runs.accuracies.push_back(100.0 * result.epochs.back().test_accuracy);
        runs.diverged += result.diverged() ? 1 : 0;
    }
    std::printf("  batch  estimator        seeds    mean  std dev     min     max  diverged\n");
    for (const auto &[batch, rows] : table) {
        for (const Estimators &estimators : kEstimators) {
            const auto &[accuracies, diverged] = rows.at(estimators.name);
            const Spread spread = spread_of(accuracies);
            std::printf("  %5lld  %-15s %6zu %7.2f %8.2f %7.2f %7.2f %9d\n",
                        static_cast<long long>(batch), estimators.name, accuracies.size(),
                        spread.mean, spread.deviation, spread.least, spread.largest, diverged);
        }
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

void write_risk(const std::filesystem::path &folder, const std::vector<RiskRecord> &records) {
    CsvFile file(folder / "risk.csv", "layer,rows,estimator,means,variances,outputs");
    for (const RiskRecord &record : records) {
        file.row(record.layer, record.rows, record.estimator, record.means, record.variances,
                 record.outputs);
    }
    file.close();
}

void write_curves(const std::filesystem::path &folder, const std::vector<RunResult> &results) {
    CsvFile file(folder / "curves.csv", "estimator,batch,seed,epoch,train_loss,test_accuracy");
    for (const RunResult &result : results) {
        int64_t epoch = 0;
        for (const EpochRecord &record : result.epochs) {
            file.row(result.settings.estimators.name, result.settings.batch, result.settings.seed,
                     ++epoch, record.training_loss, record.test_accuracy);
        }
    }
    file.close();
}

void write_factors(const std::filesystem::path &folder, const std::vector<RunResult> &results) {
    CsvFile file(folder / "factors.csv",
                 "estimator,batch,seed,step,layer,mean_factor,variance_factor,largest_xhat");
    for (const RunResult &result : results) {
        for (const FactorRecord &record : result.factors) {
            file.row(result.settings.estimators.name, result.settings.batch, result.settings.seed,
                     record.step, record.layer, record.factors.mean, record.factors.variance,
                     record.largest_xhat);
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
