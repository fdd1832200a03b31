// SPDX-License-Identifier: Apache-2.0
// One kernel for each wrapper of kernels/device, and above it what its PTX promises; read by
// `kernels.py ptx` (see promises.py). Loads are never non-coherent: operations may be in place.
#include "kernels/device/cluster.cuh"
#include "kernels/device/device.cuh"
#include "kernels/math/scalar.cuh"

using namespace jsnorm::gpu;
using jsnorm::BFloat16;
using jsnorm::Half;

// ---- Loads --------------------------------------------------------------------------------------

// PTX: ld\.global\.[bfu]32\b
// no PTX: ld\.global\.nc
extern "C" JSNORM_KERNEL(32, 1) load_float(global<const float> in, global<float> out) {
    store(out, load(in));
}

// PTX: ld\.global\.[bu]16\b
// no PTX: ld\.global\.nc
extern "C" JSNORM_KERNEL(32, 1) load_half(global<const Half> in, global<Half> out) {
    store(out, load(in));
}

// PTX: ld\.global\.v4\.[bfu]32\b
// no PTX: ld\.global\.nc
// no PTX: ld\.global\.[bfu]
extern "C" JSNORM_KERNEL(32, 1) load_vec_16(global<const float> in, global<Vec<float, 4>> out) {
    store(out, load_vec<4>(in));
}

// PTX: ld\.global\.v4\.[bfu]32\b
// no PTX: ld\.global\.[bfu]
extern "C" JSNORM_KERNEL(32, 1) load_vec_16_half(global<const Half> in, global<Vec<Half, 8>> out) {
    store(out, load_vec<8>(in));
}

// PTX: ld\.global\.(v2\.[bfu]32|[bfu]64)\b
// no PTX: ld\.global\.([bfu]32|[bu]16)
extern "C" JSNORM_KERNEL(32, 1) load_vec_8(global<const Half> in, global<Vec<Half, 4>> out) {
    store(out, load_vec<4>(in));
}

// PTX: ld\.global\.(v2\.[bu]16|[bu]32)\b
// no PTX: ld\.global\.[bu]16
extern "C" JSNORM_KERNEL(32, 1) load_vec_4(global<const Half> in, global<Vec<Half, 2>> out) {
    store(out, load_vec<2>(in));
}

// PTX: ld\.global\.[bu]16\b
extern "C" JSNORM_KERNEL(32, 1) load_vec_2(global<const Half> in, global<Vec<Half, 1>> out) {
    store(out, load_vec<1>(in));
}

// PTX: ld\.global\.cs\.v4\.[bfu]32\b
// no PTX: ld\.global\.([bfu]|cs\.[bfu]|v4)
extern "C" JSNORM_KERNEL(32, 1) load_vec_last_16(global<const Half> in, global<Vec<Half, 8>> out) {
    store(out, load_vec_last<8>(in));
}

// PTX: ld\.global\.cg\.v4\.[bfu]32\b
// no PTX: ld\.global\.([bfu]|cg\.[bfu]|v4)
extern "C" JSNORM_KERNEL(32, 1) load_vec_l2_16(global<const Half> in, global<Vec<Half, 8>> out) {
    store(out, load_vec_from_l2<8>(in));
}

// PTX: ld\.global\.[bfu]32\b
extern "C" JSNORM_KERNEL(32, 1) cast(global<const Half> in, global<float> out) {
    store(out, load(global_cast<const float>(in)));
}

// ---- Stores -------------------------------------------------------------------------------------

// PTX: st\.global\.[bfu]32\b
extern "C" JSNORM_KERNEL(32, 1) store_float(global<float> out, float value) {
    store(out, value);
}

// PTX: st\.global\.[bu]16\b
extern "C" JSNORM_KERNEL(32, 1) store_half(global<Half> out, Half value) {
    store(out, value);
}

// PTX: st\.global\.wb\.v4\.[bfu]32\b
// no PTX: st\.global\.(wb\.)?[bfu]
extern "C" JSNORM_KERNEL(32, 1) store_vec_16(global<float> out, Vec<float, 4> value) {
    store_vec<4>(out, value);
}

// PTX: st\.global\.wb\.v4\.[bfu]32\b
// no PTX: st\.global\.(wb\.)?[bfu]
extern "C" JSNORM_KERNEL(32, 1) store_vec_16_half(global<Half> out, Vec<Half, 8> value) {
    store_vec<8>(out, value);
}

// PTX: st\.global\.cs\.v4\.[bfu]32\b
// no PTX: st\.global\.([bfu]|cs\.[bfu]|wb|v4)
extern "C" JSNORM_KERNEL(32, 1) store_vec_last_16(global<Half> out, Vec<Half, 8> value) {
    store_vec_last<8>(out, value);
}

// Pointers of a structure are known to be global, too.
struct Parameters {
    global<const Half> in;
    global<Half> out;
    uint8_t between;
    global<const float> scale;
};

// PTX: ld\.global\.v4\.[bfu]32\b
// PTX: ld\.global\.[bfu]32\b
// PTX: st\.global\.wb\.v4\.[bfu]32\b
// no PTX: \b(ld|st)\.(v4\.)?[bfu]32
extern "C" JSNORM_KERNEL(32, 1) members(const Parameters p) {
    Vec<Half, 8> value = load_vec<8>(p.in);
    value.v[0] = jsnorm::narrow<Half>(load(p.scale) * jsnorm::widen(value.v[0]));
    store_vec(p.out, value);
}

// ---- Atomics ------------------------------------------------------------------------------------

// PTX: (atom|red)\.global(\.\w+)*\.or\.b32
extern "C" JSNORM_KERNEL(32, 1) or_bits(global<uint32_t> word, uint32_t bits) {
    atomic_or(word, bits);
}

// ---- Warps: CUDA's own spellings ----------------------------------------------------------------

// PTX: shfl\.sync\.bfly\.b32
extern "C" JSNORM_KERNEL(32, 1) shuffle_xor(float value, global<float> out) {
    store(out + threadIdx.x, __shfl_xor_sync(~0u, value + threadIdx.x, 16));
}

// PTX: shfl\.sync\.bfly\.b32
// PTX: add\.(rn\.)?f64
extern "C" JSNORM_KERNEL(32, 1) sum_of_lanes(global<double> out) {
    store(out + threadIdx.x, butterfly_sum(load(out + threadIdx.x), 32));
}

// PTX: shfl\.sync\.bfly\.b32
// PTX: max\.f64
extern "C" JSNORM_KERNEL(32, 1) max_of_lanes(global<double> out) {
    store(out + threadIdx.x, butterfly_max(load(out + threadIdx.x), 32));
}

// PTX: shfl\.sync\.idx\.b32
extern "C" JSNORM_KERNEL(32, 1) shuffle(float value, global<float> out) {
    store(out + threadIdx.x, __shfl_sync(~0u, value + threadIdx.x, 3));
}

// ---- Neighbouring kernels of a stream -----------------------------------------------------------

// PTX sm_90: griddepcontrol\.wait
// no PTX sm_80: griddepcontrol
extern "C" JSNORM_KERNEL(32, 1) wait() {
    wait_for_previous_kernel();
}

// PTX sm_90: griddepcontrol\.launch_dependents
// no PTX sm_80: griddepcontrol
extern "C" JSNORM_KERNEL(32, 1) let_next_start() {
    let_next_kernel_start();
}

// ---- Shared memory ------------------------------------------------------------------------------

// PTX: st\.shared\.[bfu]32\b
// PTX: ld\.shared\.[bfu]32\b
extern "C" JSNORM_KERNEL(32, 1) static_shared(global<float> out) {
    JSNORM_SHARED(float, buffer, 32);
    buffer[threadIdx.x] = load(out + threadIdx.x);
    __syncthreads();
    store(out + threadIdx.x, buffer[31 - threadIdx.x]);
}

// PTX: st\.shared\.[bfu]32\b
// PTX: ld\.shared\.[bfu]32\b
extern "C" JSNORM_KERNEL(32, 1) dynamic_shared(global<float> out) {
    JSNORM_DYNAMIC_SHARED(float, buffer);
    buffer[threadIdx.x] = load(out + threadIdx.x);
    __syncthreads();
    store(out + threadIdx.x, buffer[31 - threadIdx.x]);
}

// PTX: st\.shared\.[bu]32\b
// PTX: ld\.shared\.[bf]32\b
extern "C" JSNORM_KERNEL(32, 1) cast_shared(global<uint32_t> out) {
    JSNORM_SHARED(uint32_t, buffer, 32);
    buffer[threadIdx.x] = load(out + threadIdx.x);
    __syncthreads();
    const shared<float> floats = shared_cast<float>(buffer);
    store(out + threadIdx.x, floats[31 - threadIdx.x] > 0.0f);
}

// ---- Clusters and bulk copies -------------------------------------------------------------------

// PTX sm_90: %cluster_ctarank
// PTX sm_80: trap
extern "C" JSNORM_KERNEL(32, 1) rank_in_cluster(global<uint32_t> out) {
    store(out, cluster_rank());
}

// PTX sm_90: barrier\.cluster\.arrive\.release;
// PTX sm_90: barrier\.cluster\.wait\.acquire;
// PTX sm_80: trap
extern "C" JSNORM_KERNEL(32, 1) sync_cluster() {
    cluster_sync();
}

// PTX sm_90: mapa\.u64
// PTX sm_80: trap
extern "C" JSNORM_KERNEL(32, 1) map_of_cluster(global<float> out) {
    JSNORM_SHARED(float, buffer, 32);
    store(out, *cluster_map(buffer + threadIdx.x, 1));
}

// PTX sm_90: mbarrier\.init\.shared::cta\.b64
// PTX sm_90: fence\.mbarrier_init\.release\.cluster
// PTX sm_90: mbarrier\.arrive\.expect_tx\.shared::cta\.b64
// PTX sm_90: cp\.async\.bulk\.shared::cluster\.global\.mbarrier::complete_tx::bytes
// PTX sm_90: mbarrier\.try_wait\.parity\.shared::cta\.b64
// PTX sm_80: trap
extern "C" JSNORM_KERNEL(32, 1) bulk(global<const float> in, global<float> out) {
    JSNORM_SHARED(Mbarrier, barrier, 1);
    JSNORM_DYNAMIC_SHARED(float, buffer);
    mbarrier_init(barrier, 1);
    mbarrier_arrive_tx(barrier, 128);
    bulk_load(buffer, in, 128, barrier);
    mbarrier_wait(barrier, 0);
    store(out + threadIdx.x, buffer[threadIdx.x]);
}

// ---- Conversions --------------------------------------------------------------------------------

// PTX: cvt\.f32\.f16
// PTX: cvt\.rn\.f16x2\.f32
extern "C" JSNORM_KERNEL(32, 1) convert_half(global<const uint32_t> in, global<uint32_t> out) {
    const FloatPair pair = widen_pair<Half>(load(in));
    store(out, narrow_pair<Half>({pair.high, pair.low}));
}

// PTX: cvt\.rn\.bf16x2\.f32
extern "C" JSNORM_KERNEL(32, 1) convert_bfloat16(global<const uint32_t> in, global<uint32_t> out) {
    const FloatPair pair = widen_pair<BFloat16>(load(in));
    store(out, narrow_pair<BFloat16>({pair.high, pair.low}));
}

// PTX: max\.NaN\.f32
extern "C" JSNORM_KERNEL(32, 1) rectify(global<float> out) {
    store(out, positive_part(load(out)));
}

// ---- Registers ----------------------------------------------------------------------------------

// PTX: and\.b(32|64)\s+%\w+, %\w+, 15;
extern "C" JSNORM_KERNEL(32, 1) bytes_beyond(global<const float> in, global<int> out) {
    store(out, bytes_beyond_16(in));
}

// An inline statement without an instruction, which PTX shows by its marks.
// PTX: // begin inline asm
extern "C" JSNORM_KERNEL(32, 1) opaque_number(global<int> out) {
    store(out, opaque(static_cast<int>(threadIdx.x)));
}
