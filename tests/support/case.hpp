// SPDX-License-Identifier: Apache-2.0
//
// A problem as data: everything in double, tensors in logical row-major order, whatever type and
// layout a backend is later given them in. The oracle (oracle.hpp) solves a Case; the runner
// (api_runner.hpp) puts it through the C ABI.
#ifndef JSNORM_TESTS_SUPPORT_CASE_HPP
#define JSNORM_TESTS_SUPPORT_CASE_HPP

#include <jsnorm/jsnorm.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace jsnorm::test {

// docs/math.md section 1: x[g][k][r].
struct View {
    int64_t groups = 0;                  // G
    int64_t statistics_per_group = 0;    // K
    int64_t elements_per_statistic = 0;  // R
    int64_t parameter_count = 0;         // P
    int64_t statistics() const { return groups * statistics_per_group; }
};

struct Case {
    jsnormNormKind_t kind = JSNORM_BATCH_NORM;
    std::vector<int64_t> dims;           // rank 2 to 8, layer norm from 1
    int32_t first_normalized_axis = -1;  // layer norm
    int64_t statistics_per_group = 0;    // layer norm; 0: the rows of a sample
    int64_t group_count = 1;             // group norm
    jsnormEstimator_t mean_estimator = JSNORM_ESTIMATOR_JAMES_STEIN;
    jsnormEstimator_t variance_estimator = JSNORM_ESTIMATOR_JAMES_STEIN;
    double lambda = 0;
    double epsilon = 1e-5;
    double effective_fraction = 1;
    jsnormActivation_t activation = JSNORM_ACTIVATION_NONE;
    jsnormRunningMode_t running_mode = JSNORM_RUNNING_SHRUNK;
    jsnormRunningVariance_t running_variance_correction = JSNORM_RUNNING_VARIANCE_CORRECTED;
    double factor = 0.1;
    int64_t running_element_count = 0;  // 0: the R of x

    // Empty: not given. The running statistics are those that training updates and inference reads.
    std::vector<double> x, gamma, beta, z, dy, running_mean, running_variance;
};

bool is_batch_kind(jsnormNormKind_t kind);
int64_t element_count(const Case &problem);
View view_of(const Case &problem);

// For every element of x, in logical order: which statistic (g*K + k) and which entry of gamma and
// beta it belongs to.
std::vector<int64_t> statistic_indices(const Case &problem);
std::vector<int64_t> parameter_indices(const Case &problem);

// How make_case fills a Case. The defaults exercise everything but the activation and the residual.
struct CaseOptions {
    jsnormEstimator_t mean_estimator = JSNORM_ESTIMATOR_JAMES_STEIN;
    jsnormEstimator_t variance_estimator = JSNORM_ESTIMATOR_JAMES_STEIN;
    double lambda = 0.3;  // matters to RIDGE and LASSO alone
    double epsilon = 1e-5;
    double effective_fraction = 1;  // matters to SAMPLING alone
    jsnormActivation_t activation = JSNORM_ACTIVATION_NONE;
    int32_t first_normalized_axis = -1;
    int64_t statistics_per_group = 0;
    int64_t group_count = 0;  // 0: the largest divisor of the number of channels up to 4
    bool gamma = true;
    bool beta = true;
    bool residual = false;   // z
    bool running = true;     // batch kinds
    double mean = 0.5;       // of all of x
    double mean_spread = 1;  // deviation of the means of the statistics
    double deviation = 1;    // of the elements of a statistic, times 0.5 to 1.5
    uint64_t seed = 1;
};

Case make_case(jsnormNormKind_t kind, std::vector<int64_t> dims, const CaseOptions &options = {});

// The data as a backend sees them: x, z and dy rounded to `type`, gamma and beta to
// `parameter_type`, the running statistics to `running_type`.
Case rounded_to(Case problem, jsnormDataType_t type, jsnormDataType_t parameter_type,
                jsnormDataType_t running_type);
// The same with the types that NULL parameter and running descriptors stand for.
Case rounded_to(Case problem, jsnormDataType_t type);
jsnormDataType_t default_parameter_type(jsnormDataType_t type);

// Sets dy to 0 where a pre-activation (in training, or with the running statistics) is nearer to 0
// than `margin` times the size of its terms: ReLU's derivative is then not asked for where rounding
// decides it.
void silence_kinks(Case &problem, double margin);

std::vector<jsnormNormKind_t> every_kind();
std::vector<jsnormEstimator_t> every_estimator();
std::vector<std::pair<jsnormEstimator_t, jsnormEstimator_t>> every_estimator_pair();  // 49
std::vector<jsnormDataType_t> every_data_type();

// Every layer kind in a few small shapes: ranks 1 to 5, K below and above every estimator's
// minimum, several groups; layer norms over the last axis, over the last two, and with
// statistics_per_group.
std::vector<Case> small_cases(const CaseOptions &options = {});

const char *name_of(jsnormNormKind_t kind);
const char *name_of(jsnormEstimator_t estimator);
const char *name_of(jsnormDataType_t type);
// One line that identifies a case in a failure message.
std::string describe(const Case &problem);

}  // namespace jsnorm::test

#endif
