// SPDX-License-Identifier: Apache-2.0
// The kernels of one element type for every instruction set. Included by kernels_<type>.cpp, which
// define JSNORM_ELEMENT. No include guard: hwy/foreach_target.h includes this file once per
// instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/simd/kernels-inl.hpp"
#include "src/cpu/simd/highway.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "src/cpu/simd/backward-inl.hpp"
#include "src/cpu/simd/forward-inl.hpp"
#include "src/cpu/simd/gradient_sums-inl.hpp"
#include "src/cpu/simd/instruction_set.hpp"
#include "src/cpu/simd/moments-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jsnorm::cpu::HWY_NAMESPACE {

template <class T>
constexpr Kernels<T> kKernels = {
    moments_of_rows<T>,          moments_of_columns<T>,  gradient_sums_of_rows<T>,
    gradient_sums_of_columns<T>, parameter_gradients<T>, forward_of_rows<T>,
    forward_of_columns<T>,       backward_of_rows<T>,    backward_of_columns<T>};

}  // namespace jsnorm::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace jsnorm::cpu {

template <>
const Kernels<JSNORM_ELEMENT> &kernels_for(InstructionSet set) {
    return JSNORM_DISPATCH(set, kKernels<JSNORM_ELEMENT>);
}

}  // namespace jsnorm::cpu
#endif
