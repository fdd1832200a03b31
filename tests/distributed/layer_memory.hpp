// SPDX-License-Identifier: Apache-2.0
//
// Arrays of a test, in host memory, as a backend sees them: themselves, or copies on its device.
#ifndef JSNORM_TESTS_DISTRIBUTED_LAYER_MEMORY_HPP
#define JSNORM_TESTS_DISTRIBUTED_LAYER_MEMORY_HPP

#include <cstddef>
#include <functional>
#include <limits>
#include <type_traits>
#include <vector>

#include "tests/support/buffer.hpp"

namespace jsnorm::test {

// Where a layer runs.
struct LayerDevice {
    jsnormBackend_t backend = JSNORM_BACKEND_CPU;
    Memory *memory = nullptr;  // NULL: the host's
    jsnormStream_t stream = nullptr;
};

class LayerMemory {
  public:
    explicit LayerMemory(const LayerDevice &device) : memory_(device.memory) {}
    ~LayerMemory() {
        for (void *array : arrays_) memory_->release(array);
    }
    LayerMemory(const LayerMemory &) = delete;
    LayerMemory &operator=(const LayerMemory &) = delete;

    // `count` values that operations read.
    template <class T>
    T *input(T *values, size_t count) {
        if (memory_ == nullptr) return values;
        std::remove_const_t<T> *array = allocate<T>(count);
        if (count > 0) memory_->upload(array, values, count * sizeof(T));
        return array;
    }
    // An array that operations may write; bring_back() fetches what they wrote.
    template <class T>
    T *output(std::vector<T> &values) {
        T *array = input(values.data(), values.size());
        if (memory_ != nullptr) {
            fetch_.push_back([this, array, &values] {
                memory_->download(values.data(), array, values.size() * sizeof(T));
            });
        }
        return array;
    }
    // Nothing is in it.
    void *scratch(size_t bytes) {
        if (memory_ != nullptr) return allocate<std::byte>(bytes);
        host_.emplace_back(bytes / sizeof(double) + 1, std::numeric_limits<double>::quiet_NaN());
        return host_.back().data();
    }

    void bring_back() {
        for (const auto &fetch : fetch_) fetch();
    }

  private:
    template <class T>
    std::remove_const_t<T> *allocate(size_t count) {
        arrays_.push_back(memory_->allocate(count * sizeof(T) + 1));
        return static_cast<std::remove_const_t<T> *>(arrays_.back());
    }

    Memory *memory_;
    std::vector<void *> arrays_;
    std::vector<std::vector<double>> host_;
    std::vector<std::function<void()>> fetch_;
};

}  // namespace jsnorm::test

#endif
