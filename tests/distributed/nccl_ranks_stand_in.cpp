// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/launch/runtime.hpp"
#include "tests/distributed/nccl_ranks.hpp"
#include "tests/distributed/nccl_stand_in/nccl_stand_in.hpp"

namespace jsnorm::test {

namespace {

void upload(void *device, const void *host, size_t bytes) {
    memory_of(JSNORM_BACKEND_CUDA).upload(device, host, bytes);
}
void download(void *host, const void *device, size_t bytes) {
    memory_of(JSNORM_BACKEND_CUDA).download(host, device, bytes);
}

}  // namespace

int64_t most_ranks() {
    return 16;
}

std::string why_no_ranks() {
    return "";
}

void run_nccl_ranks(int64_t ranks, const std::function<void(ncclComm_t)> &body) {
    int device = 0;  // the one that handles are made on
    cuda::current_device(device);
    nccl_stand_in::run_ranks(static_cast<int>(ranks), device, {upload, download}, body);
}

}  // namespace jsnorm::test
