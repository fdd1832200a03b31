// SPDX-License-Identifier: Apache-2.0
#include "src/api/arguments.hpp"
#include "src/api/entry.hpp"

#define JSNORM_DEFINE_INIT(Name)                                                            \
    jsnormStatus_t jsnorm##Name##ArgsInit(jsnorm##Name##Args_t *args, size_t struct_size) { \
        return jsnorm::entry("jsnorm" #Name "ArgsInit",                                     \
                             [&] { return jsnorm::init_args(args, struct_size); });         \
    }

JSNORM_DEFINE_INIT(ForwardTraining)
JSNORM_DEFINE_INIT(ForwardInference)
JSNORM_DEFINE_INIT(Backward)
JSNORM_DEFINE_INIT(BackwardFixedStatistics)
JSNORM_DEFINE_INIT(ForwardStatistics)
JSNORM_DEFINE_INIT(ForwardFinalize)
JSNORM_DEFINE_INIT(ForwardApply)
JSNORM_DEFINE_INIT(BackwardReduce)
JSNORM_DEFINE_INIT(BackwardFinalize)
JSNORM_DEFINE_INIT(BackwardApply)

jsnormStatus_t jsnormMemoryTrafficInit(jsnormMemoryTraffic_t *traffic, size_t struct_size) {
    return jsnorm::entry("jsnormMemoryTrafficInit",
                         [&] { return jsnorm::init_args(traffic, struct_size, "traffic"); });
}
