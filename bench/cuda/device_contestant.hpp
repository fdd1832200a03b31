// SPDX-License-Identifier: Apache-2.0
// A contestant of this process on the device: whoever can enqueue one call on one set. What is
// timed is the replay of many calls.
#pragma once

#include "bench/contestant.hpp"
#include "bench/cuda/device.hpp"
#include "bench/cuda/replay.hpp"

namespace jsnorm::bench {

class DeviceContestant : public Contestant {
  public:
    DeviceContestant(const Case &which, Tensors &tensors)
        : host_(tensors), device_(device_tensors(which, tensors)) {}
    ~DeviceContestant() override;

    void run() final;
    double seconds(int64_t calls) final;
    double host_seconds() final;

  protected:
    const DeviceTensors &device() const { return *device_; }

  private:
    virtual void enqueue(const TensorSet &set) = 0;

    void prepare();

    Tensors &host_;
    std::shared_ptr<DeviceTensors> device_;
    int64_t calls_per_round_ = 0;
    std::unique_ptr<Replay> round_;
};

}  // namespace jsnorm::bench
