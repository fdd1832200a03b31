// SPDX-License-Identifier: Apache-2.0
#include "bench/programme.hpp"

#include <algorithm>

#include "bench/peers/peers.hpp"
#include "bench/peers/pytorch.hpp"

namespace jsnorm::bench {

namespace {

constexpr TorchMode kPyTorch = {"cpu", "pytorch_worker.py"};

std::unique_ptr<Contestant> make_pytorch(const Case &which, Tensors &tensors,
                                         const Settings &settings) {
    return make_torch(kPyTorch, which, tensors, settings);
}

std::string pytorch_version() {
    return torch_version(kPyTorch);
}

}  // namespace

jsnormBackend_t backend() {
    return JSNORM_BACKEND_CPU;
}

Machine programme_machine() {
    return this_machine();
}

int64_t usual_tensor_bytes(const Machine &machine) {
    return std::max<int64_t>(2 * machine.last_level_bytes(), 1 << 24);
}

std::vector<Case> programme_cases(const CaseLimits &limits) {
    return all_cases(limits);
}

Rotation rotation_of(const Case &which, const Machine &machine) {
    const int64_t cache = machine.last_level_bytes();
    const int64_t footprint = tensors_touched(which) * which.tensor_bytes();
    const bool small = footprint <= cache / 4;
    const bool rotate = which.cache == Cache::kAuto && !small && cache > 0;
    const int64_t sets = rotate ? (4 * cache + footprint - 1) / footprint : 1;
    const CacheState state = small                           ? CacheState::kWarm
                             : sets * footprint >= 4 * cache ? CacheState::kCold
                                                             : CacheState::kPartly;
    return {sets, sets, state};
}

const std::vector<Entrant> &entrants() {
    static const std::vector<Entrant> list = {
        {"jsnorm", Role::kOurs, Estimator::kJamesStein, "estimator JAMES_STEIN", jsnorm_version,
         make_james_stein},
        {"none", Role::kOurs, Estimator::kNone,
         "jsnorm with estimator NONE and the plan that it gets", jsnorm_version, make_none},
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
    };
    return list;
}

}  // namespace jsnorm::bench
