// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "backend_memory.hpp"

namespace digits {

DeviceMemory *memory_of(jsnormBackend_t backend) {
    if (backend == JSNORM_BACKEND_CUDA) {
        throw std::runtime_error("--backend cuda: this program was built without the CUDA runtime");
    }
    return nullptr;
}

}  // namespace digits
