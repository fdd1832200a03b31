// SPDX-License-Identifier: Apache-2.0
// dgamma and dbeta of channels or activations from the sums of their cells.
#pragma once

#include "kernels/finalize/gradients.cuh"
#include "kernels/finalize/shares.cuh"

namespace jsnorm::gpu {

template <class T>
struct FinalizeParameterGradients {
    int64_t cells = 0;
    int64_t cells_per_statistic = 1;
    int64_t parameters = 1;
    int32_t threads = 1;  // that share the cells of a parameter: a power of two up to 32
    CellSums sums;
    global<const double> mean = nullptr;  // NULL: the sums are about the mean that was used
    global<const double> shrunk_mean = nullptr;
    global<const double> shrunk_variance = nullptr;
    double epsilon = 0;
    GradientArray<T> dgamma;
    GradientArray<T> dbeta;
};

// Cell c has parameter c modulo P.
template <class T>
JSNORM_KERNEL(kFinalizeThreads, 4)
finalize_parameter_gradients(FinalizeParameterGradients<T> args) {
    JSNORM_SHARED(double, scratch, kFinalizeThreads);
    const ShareThread thread(args.threads);
    const int64_t blocks = divide_up(args.parameters, thread.statistics);
    wait_for_previous_kernel();
    let_next_kernel_start();
    for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
        const int64_t p = block * thread.statistics + thread.statistic;
        const bool exists = p < args.parameters;
        double dgamma = 0;
        double dbeta = 0;
        if (exists) {
            const int64_t step = args.threads * args.parameters;
            for (int64_t cell = p + thread.share * args.parameters; cell < args.cells; cell += step) {
                const int64_t statistic = cell / args.cells_per_statistic;
                const double g = load(args.sums.g + cell);
                const double g_centred = load(args.sums.g + (args.sums.stride + cell));
                const double shift = args.mean == nullptr ? 0
                                                          : load(args.mean + statistic) -
                                                                load(args.shrunk_mean + statistic);
                const double rstd =
                    reciprocal_deviation(load(args.shrunk_variance + statistic), args.epsilon);
                dgamma += rstd * (g_centred + shift * g);
                dbeta += g;
            }
        }
        dgamma = sum_of_shares(dgamma, thread, args.threads, scratch);
        dbeta = sum_of_shares(dbeta, thread, args.threads, scratch);
        if (exists && thread.share == 0) {
            store_gradient(args.dgamma, p, dgamma);
            store_gradient(args.dbeta, p, dbeta);
        }
    }
}

}  // namespace jsnorm::gpu
