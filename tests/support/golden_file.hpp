// SPDX-License-Identifier: Apache-2.0
//
// Reads a golden file: a case and its solution in 50-digit arithmetic, as text. A line is a key and
// its values, or a comment that begins with #:
//
//     kind            batch, batch_per_activation, layer_spatial (JSNORM_INSTANCE_NORM),
//                     layer_token (JSNORM_LAYER_NORM over the last axis) or group
//     shape           N C S...: two sizes or more
//     groups          for kind group; else 1
//     mean_estimator, variance_estimator     as jsnormEstimator_t names them, without the prefix
//     lambda, epsilon, factor, effective_fraction
//     activation      none or relu
//     x, gamma, beta, z, dy, running_mean, running_variance        what goes in
//     y, mean, variance, shrunk_mean, shrunk_variance, dx, dgamma, dbeta, dz,
//     running_mean_out, running_variance_out, y_inference          what must come out
//
// kind, shape and x are required; the rest defaults to what a norm descriptor does. The running
// statistics follow the defaults of docs/math.md section 2 (SHRUNK, CORRECTED); y_inference is by
// the statistics after training, with z and the activation.
#ifndef JSNORM_TESTS_SUPPORT_GOLDEN_FILE_HPP
#define JSNORM_TESTS_SUPPORT_GOLDEN_FILE_HPP

#include <istream>
#include <string>
#include <vector>

#include "tests/support/case.hpp"
#include "tests/support/oracle.hpp"

namespace jsnorm::test {

struct GoldenFile {
    std::string name;
    Case problem;     // running_* as they were before training
    Result expected;  // empty: not in the file
};

// Throw std::runtime_error "name:line: what is wrong".
GoldenFile parse_golden(std::istream &text, const std::string &name);
GoldenFile read_golden(const std::string &path);

// The case that y_inference solves: its running statistics are those after training where the file
// has them, else the given ones.
Case inference_case(const GoldenFile &file);

// The folder that JSNORM_GOLDEN_DIR of the environment names, else that of the sources.
std::string golden_directory();
// *.txt in a folder, sorted.
std::vector<std::string> golden_paths(const std::string &folder);

}  // namespace jsnorm::test

#endif
