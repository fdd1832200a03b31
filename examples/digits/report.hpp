// SPDX-License-Identifier: Apache-2.0
// What the program says: tables for people, CSV files for plot.py.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bandwidth.hpp"
#include "training.hpp"

namespace digits {

std::string estimator_name(jsnormEstimator_t estimator);

// Test accuracy after the last epoch: mean and spread over the seeds.
void print_accuracies(const std::vector<RunResult> &results);
void print_bandwidth(const std::vector<BandwidthRecord> &records);

// curves.csv, factors.csv (of the shrunk estimators) and bandwidth.csv in `folder`.
void write_curves(const std::filesystem::path &folder, const std::vector<RunResult> &results);
void write_factors(const std::filesystem::path &folder, const std::vector<RunResult> &results);
void write_bandwidth(const std::filesystem::path &folder,
                     const std::vector<BandwidthRecord> &records);

}  // namespace digits
