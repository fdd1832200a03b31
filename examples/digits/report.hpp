// SPDX-License-Identifier: Apache-2.0
// What the program says: tables for people, CSV files for plot.py.
#pragma once

#include <filesystem>
#include <vector>

#include "bandwidth.hpp"
#include "risk.hpp"
#include "training.hpp"

namespace digits {

// One row for each size of batch: the errors of the first norm layer and of the second.
void print_risk(const std::vector<RiskRecord> &records);
// Test accuracy after the last epoch: mean and spread over the seeds, and how many diverged.
void print_accuracies(const std::vector<RunResult> &results);
void print_bandwidth(const std::vector<BandwidthRecord> &records);

// risk.csv, curves.csv, factors.csv and bandwidth.csv in `folder`.
void write_risk(const std::filesystem::path &folder, const std::vector<RiskRecord> &records);
void write_curves(const std::filesystem::path &folder, const std::vector<RunResult> &results);
void write_factors(const std::filesystem::path &folder, const std::vector<RunResult> &results);
void write_bandwidth(const std::filesystem::path &folder,
                     const std::vector<BandwidthRecord> &records);

}  // namespace digits
