// SPDX-License-Identifier: Apache-2.0
// Sums of cells -> dgamma and dbeta, where parameters belong to channels or activations: cell c has
// parameter c modulo P.
#pragma once

#include "kernels/finalize/gradients.cuh"
#include "kernels/tensor/partials.cuh"

namespace jsnorm::gpu {

template <class T>
struct ParameterGradients {
    int64_t cells = 0;
    int64_t cells_per_statistic = 1;
    int64_t parameters = 0;  // 0: none are wanted
    int32_t threads = 1;  // that share the cells of a parameter: a power of two up to kMostShares
    CellSums sums;
    global<const double> mean = nullptr;  // NULL: the sums are about the shrunk mean
    global<const double> shrunk_mean = nullptr;
    global<const double> shrunk_variance = nullptr;
    double epsilon = 0;
    GradientArray<T> dgamma;
    GradientArray<T> dbeta;
};

// Takes part: every thread of the block. scratch: a double for each.
template <class T>
JSNORM_DEVICE void add_parameter_gradients(const ParameterGradients<T> &args,
                                           shared<double> scratch) {
    const ShareThread thread(args.threads);
    const int64_t blocks = divide_up(args.parameters, thread.statistics);
    for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
        const int64_t p = block * thread.statistics + thread.statistic;
        const bool exists = p < args.parameters;

        // Each thread adds up its share of the parameter's cells.
        double dgamma = 0;
        double dbeta = 0;
        if (exists) {
            const int64_t step = args.threads * args.parameters;
            for (int64_t cell = p + thread.share * args.parameters; cell < args.cells;
                 cell += step) {
                const int64_t statistic = cell / args.cells_per_statistic;
                const GradientSums sums = sums_of(args.sums, cell);
                double shift = 0;
                if (args.mean != nullptr) {
                    shift = load(args.mean + statistic) - load(args.shrunk_mean + statistic);
                }
                const double rstd =
                    reciprocal_deviation(load(args.shrunk_variance + statistic), args.epsilon);
                const CellGradients own = cell_gradients(sums, shift, rstd);
                dgamma += own.dgamma;
                dbeta += own.dbeta;
            }
        }

        // The shares, in order. One thread writes the gradients of the parameter.
        dgamma = sum_of_shares(dgamma, thread, args.threads, scratch);
        dbeta = sum_of_shares(dbeta, thread, args.threads, scratch);
        if (exists && thread.share == 0) {
            store_gradient(args.dgamma, p, dgamma);
            store_gradient(args.dbeta, p, dbeta);
        }
    }
}

}  // namespace jsnorm::gpu
