// SPDX-License-Identifier: Apache-2.0
// The list of contestants. JSNORM_BENCH_CUDA: of the programme on a GPU.
#include "bench/contestants.hpp"

namespace jsnorm::bench {

namespace {

std::string jsnorm_version() {
    return jsnormGetVersionString();
}

std::string no_version() {
    return "";
}

}  // namespace

const std::vector<Entrant> &entrants() {
    static const std::vector<Entrant> list = {
        {"jsnorm", Role::kOurs, Estimator::kJamesStein, "estimator JAMES_STEIN", jsnorm_version,
         make_james_stein},
        {"sampling", Role::kOurs, Estimator::kSampling, "jsnorm with estimator SAMPLING",
         jsnorm_version, make_sampling},
        {"none", Role::kOurs, Estimator::kNone,
         "jsnorm with estimator NONE and the plan that it gets", jsnorm_version, make_none},
#if defined(JSNORM_BENCH_CUDA)
        {"cudnn", Role::kPeer, Estimator::kNone,
         "plain batch norm by cudnnBatchNormalization...Ex, mode SPATIAL_PERSISTENT, or layer norm "
         "by an operation graph, the fastest of its engines and heuristics' plans (3 s of trials)",
         cudnn_version, make_cudnn},
        {"pytorch", Role::kPeer, Estimator::kNone,
         "plain F.batch_norm with cuDNN, F.layer_norm, backward by torch.autograd.grad, CUDA "
         "graph, in its own process",
         torch_cudnn_version, make_torch_cudnn},
        {"pytorch_native", Role::kPeer, Estimator::kNone, "the same without cuDNN",
         torch_native_version, make_torch_native},
        {"pytorch_compiled", Role::kPeer, Estimator::kNone, "the same by torch.compile",
         torch_compiled_version, make_torch_compiled},
        {"cub", Role::kPeer, Estimator::kNone,
         "plain forward passes by cub::DeviceSegmentedReduce and cub::DeviceTransform", cub_version,
         make_cub},
        {"copy", Role::kCopy, Estimator::kNone,
         "x copied to y by cudaMemcpyAsync: reads S, writes S", no_version, make_copy},
        {"copy_kernel", Role::kCopy, Estimator::kNone, "the same by a kernel of 16-byte accesses",
         no_version, make_copy_kernel},
#else
        {"onednn", Role::kPeer, Estimator::kNone,
         "plain batch or layer norm, scale and shift, primitive made once, tags of the given "
         "memory; residual and ReLU as binary and eltwise primitives",
         onednn_version, make_onednn},
        {"pytorch", Role::kPeer, Estimator::kNone,
         "plain F.batch_norm, F.layer_norm, backward by torch.autograd.grad, in its own process; "
         "its allocator keeps memory, so that page faults are not counted",
         pytorch_version, make_pytorch},
        {"copy", Role::kCopy, Estimator::kNone, "x copied to y by all threads: reads S, writes S",
         no_version, make_copy},
        {"loops", Role::kLoops, Estimator::kJamesStein,
         "bare loops over the same data, one thread, vectorised by the compiler", no_version,
         make_loops},
#endif
    };
    return list;
}

}  // namespace jsnorm::bench
