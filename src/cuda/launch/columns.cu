// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/launch/launchers.hpp"

namespace jsnorm::cuda {

using gpu::ColumnPath;

namespace {

// What the arguments ask for beyond 16-byte accesses at constant steps.
template <class T>
bool is_plain(const gpu::ColumnsStatistics<T> &) {
    return true;
}
template <class T>
bool is_plain(const gpu::ColumnsApplyForward<T> &args) {
    return args.z == nullptr && args.mask == nullptr;
}
template <class T>
bool is_plain(const gpu::ColumnsGradientSums<T> &args) {
    return args.in.gate == Gate::kNone && args.dz == nullptr;
}
template <class T>
bool is_plain(const gpu::ColumnsApplyBackward<T> &args) {
    return args.in.gate == Gate::kNone && args.out.through_statistics != 0 &&
           args.out.dx != nullptr && args.out.dz == nullptr;
}

template <class Args>
ColumnPath path_of(const Args &args) {
    if (args.columns.stepped == 0) return ColumnPath::kAny;
    return is_plain(args) ? ColumnPath::kPlain : ColumnPath::kOptional;
}

}  // namespace

// The paths that a kernel is compiled for; statistics have no optional operand.
// clang-format off
#define JSNORM_ALL_PATHS(X, kernel, T)   \
    X(kernel, T, ColumnPath::kPlain)     \
    X(kernel, T, ColumnPath::kOptional)  \
    X(kernel, T, ColumnPath::kAny)
#define JSNORM_PATHS_OF_columns_statistics(X, kernel, T) \
    X(kernel, T, ColumnPath::kPlain)                     \
    X(kernel, T, ColumnPath::kAny)
#define JSNORM_PATHS_OF_columns_apply_forward JSNORM_ALL_PATHS
#define JSNORM_PATHS_OF_columns_gradient_sums JSNORM_ALL_PATHS
#define JSNORM_PATHS_OF_columns_apply_backward JSNORM_ALL_PATHS

#define JSNORM_LAUNCH_PATH(kernel, T, kPath)                                                \
    if (path == kPath) {                                                                    \
        queue.launch(#kernel, gpu::kernel<T, kPath>, blocks, gpu::kColumnThreads, 0, args); \
    }
#define JSNORM_PREPARE_PATH(kernel, T, kPath) \
    if (!error) error = prepare_kernel(gpu::kernel<T, kPath>);

#define JSNORM_LAUNCHER(kernel, Args)                                              \
    template <class T>                                                             \
    void launch_##kernel(Queue &queue, int64_t blocks, const gpu::Args<T> &args) { \
        const ColumnPath path = path_of(args);                                     \
        JSNORM_PATHS_OF_##kernel(JSNORM_LAUNCH_PATH, kernel, T)                    \
    }                                                                              \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<float> &);     \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<double> &);    \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<Half> &);      \
    template void launch_##kernel(Queue &, int64_t, const gpu::Args<BFloat16> &);  \
    Error prepare_##kernel() {                                                     \
        Error error;                                                               \
        JSNORM_PATHS_OF_##kernel(JSNORM_PREPARE_PATH, kernel, float)               \
        JSNORM_PATHS_OF_##kernel(JSNORM_PREPARE_PATH, kernel, double)              \
        JSNORM_PATHS_OF_##kernel(JSNORM_PREPARE_PATH, kernel, Half)                \
        JSNORM_PATHS_OF_##kernel(JSNORM_PREPARE_PATH, kernel, BFloat16)            \
        return error;                                                              \
    }
// clang-format on
JSNORM_COLUMNS_KERNELS(JSNORM_LAUNCHER)

}  // namespace jsnorm::cuda
