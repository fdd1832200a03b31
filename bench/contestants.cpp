// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "bench/contestant.hpp"
#include "bench/peers/peers.hpp"

namespace jsnorm::bench {

double HostContestant::seconds(int64_t calls) {
    const auto begin = std::chrono::steady_clock::now();
    for (int64_t i = 0; i < calls; ++i) call(tensors_.next_set());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

const std::vector<Entrant> &entrants() {
    static const std::vector<Entrant> list = {
        {"jsnorm", Role::kOurs, Estimator::kJamesStein, "estimator JAMES_STEIN", jsnorm_version,
         make_james_stein},
        {"none", Role::kOurs, Estimator::kNone,
         "jsnorm with estimator NONE and the plan that it gets; in a batch norm that is the plan "
         "of JAMES_STEIN",
         jsnorm_version, make_none},
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
