// SPDX-License-Identifier: Apache-2.0
//
// What of the executor the tests of libjsnorm_nccl need: its headers and those of CUDA, which
// nccl.h includes, exclude each other.
#include "tests/distributed/nccl_executor.hpp"
#include "src/distributed/nccl/copy.hpp"
#include "src/simt/device.hpp"

namespace jsnorm::distributed {

cuda::Error copy_up(jsnormStream_t, void *device, const void *host, size_t bytes) {
    simt::upload(device, host, bytes);
    return {};
}

cuda::Error copy_down(jsnormStream_t, void *host, const void *device, size_t bytes) {
    simt::download(host, const_cast<void *>(device), bytes);
    return {};
}

}  // namespace jsnorm::distributed

namespace jsnorm::test {

std::vector<jsnormStream_t> take_launched_streams() {
    std::vector<jsnormStream_t> streams;
    for (const simt_device::Launch &launch : simt_device::take_launches()) {
        streams.push_back(launch.stream);
    }
    return streams;
}

}  // namespace jsnorm::test
