// SPDX-License-Identifier: Apache-2.0
#include "src/cuda/launch/queue.hpp"

#include "src/core/status.hpp"

namespace jsnorm::cuda {

CurrentDevice::CurrentDevice(int ordinal) {
    error_ = current_device(previous_);
    if (error_ || previous_ == ordinal) return;
    error_ = set_current_device(ordinal);
    changed_ = !error_;
}

CurrentDevice::~CurrentDevice() {
    if (changed_) set_current_device(previous_);
}

jsnormStatus_t status_of(const Error &error, const char *what, const DeviceSpec &device) {
    if (!error) return JSNORM_STATUS_SUCCESS;
    if (error.no_code) {
        return fail(JSNORM_STATUS_NOT_SUPPORTED_ARCHITECTURE,
                    "%s (compute capability %d.%d) is not a device that this build has code for: "
                    "%s",
                    device.name, device.major, device.minor, error.text);
    }
    return fail(error.device_lost ? JSNORM_STATUS_EXECUTION_FAILED_DEVICE_LOST
                                  : JSNORM_STATUS_EXECUTION_FAILED_CUDA,
                "%s on %s: CUDA error %d, %s", what, device.name, error.code, error.text);
}

}  // namespace jsnorm::cuda
