// SPDX-License-Identifier: Apache-2.0
// A contestant of this process on the device: whoever can enqueue one call on one set. Times are
// those between two events around replays of a graph of many calls, so that launching costs nobody
// anything; where calls cannot be captured they are enqueued one by one.
#pragma once

#include "bench/contestant.hpp"
#include "bench/cuda/device.hpp"

namespace jsnorm::bench {

class DeviceContestant : public Contestant {
  public:
    DeviceContestant(const Case &which, Tensors &tensors)
        : host_(tensors), device_(device_tensors(which, tensors)) {}
    ~DeviceContestant() override;

    void run() final;
    double seconds(int64_t calls) final;

  protected:
    const DeviceTensors &device() const { return *device_; }

  private:
    virtual void enqueue(const TensorSet &set) = 0;

    void enqueue_round();
    void capture();

    Tensors &host_;
    std::shared_ptr<DeviceTensors> device_;
    int64_t calls_per_round_ = 0;  // as many as the graph holds
    cudaGraphExec_t graph_ = nullptr;
    cudaEvent_t begin_ = nullptr, end_ = nullptr;
};

}  // namespace jsnorm::bench
