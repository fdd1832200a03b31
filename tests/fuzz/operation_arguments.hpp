// SPDX-License-Identifier: Apache-2.0
//
// The arguments of one operation, made of the bytes: buffers of the exact sizes that the queries
// give, behind every pointer. They are right, but for the one fault that is asked for.
#ifndef JSNORM_TESTS_FUZZ_OPERATION_ARGUMENTS_HPP
#define JSNORM_TESTS_FUZZ_OPERATION_ARGUMENTS_HPP

#include <cstddef>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

#include "tests/api/operation_table.hpp"
#include "tests/fuzz/world.hpp"

namespace jsnorm::fuzz {

enum class Fault {
    None,
    NullPointer,
    Misaligned,
    Alias,       // a pointer is the pointer of another argument
    Descriptor,  // any descriptor of the world
    StructSize,
    Workspace,  // a byte too short, or missing
    Scalar,
    Data,  // counts, steps and headers of records
    NoArguments,
    kCount
};

class OperationArguments {
  public:
    // Of operations on tensors that have more of anything, only plans are asked for.
    static constexpr int64_t kMostElements = 1 << 16;
    static constexpr int64_t kMostBytes = 1 << 20;

    OperationArguments(const test::api::Operation &operation, jsnormHandle_t handle,
                       jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc, Fault fault,
                       World &world, Bytes &bytes);
    ~OperationArguments();
    OperationArguments(const OperationArguments &) = delete;
    OperationArguments &operator=(const OperationArguments &) = delete;

    Fault fault() const { return fault_; }
    // Whether the queries take norm, shape and operation.
    bool accepted() const { return accepted_; }
    // Whether there is memory behind every pointer, so that the operation may run.
    bool fits() const { return fits_; }
    const void *args() const { return args_.get(); }

    // Inputs are as they were, and outputs as well unless the call succeeded.
    void check(jsnormStatus_t status) const;

  private:
    using Field = test::api::Field;
    struct Buffer {
        const Field *field;
        std::unique_ptr<std::byte[]> memory;
        size_t bytes;
        int64_t first;  // of element 0 lies so many bytes before the memory
        std::vector<std::byte> before;
    };
    struct Span {
        int64_t first = 0, bytes = 0;
    };

    void ask(jsnormHandle_t handle, jsnormNormDescriptor_t norm);
    void choose_descriptors(World &world, Bytes &bytes);
    jsnormTensorDescriptor_t twin(Bytes &bytes, bool written);
    jsnormTensorDescriptor_t vector_of(int64_t count, jsnormDataType_t type);
    void choose_scalars(Bytes &bytes);
    bool is_given(const Field &field, Bytes &bytes) const;
    Span span_of(const Field &field);
    void add(const Field &field, Bytes &bytes);
    void fill(const Field &field, std::byte *at, size_t count, Bytes &bytes) const;
    void spoil(Bytes &bytes);
    void spoil_scalar(Bytes &bytes);
    void close(Bytes &bytes);

    template <class T>
    void set(size_t offset, T value) {
        std::memcpy(image_ + offset, &value, sizeof value);
    }
    template <class T>
    T get(size_t offset) const {
        T value;
        std::memcpy(&value, image_ + offset, sizeof value);
        return value;
    }
    jsnormTensorDescriptor_t descriptor_of(const Field &field) const;
    size_t entry_bytes(const Field &field) const;

    const test::api::Operation &operation_;
    jsnormTensorDescriptor_t x_desc_;
    const Fault fault_;
    bool accepted_ = false, fits_ = true;

    // The problem, where the queries take it.
    jsnormDataType_t type_ = JSNORM_FLOAT;
    std::vector<int64_t> dims_, strides_;
    jsnormNormKind_t kind_ = JSNORM_BATCH_NORM;
    jsnormActivation_t activation_ = JSNORM_ACTIVATION_NONE;
    int64_t groups_ = 0, statistics_ = 0, elements_ = 0, parameters_ = 0;
    size_t workspace_bytes_ = 0, mask_bytes_ = 0;
    size_t forward_coefficient_bytes_ = 0, backward_coefficient_bytes_ = 0;
    jsnormRecordFormat_t format_ = JSNORM_RECORD_MOMENTS;
    size_t record_bytes_ = 0;
    int64_t record_count_ = 1;
    bool dense_ = false, overlaps_ = false;

    std::vector<jsnormTensorDescriptor_t> own_;
    std::deque<Buffer> buffers_;
    std::unique_ptr<std::byte[]> workspace_;
    alignas(16) std::byte image_[512] = {};
    std::unique_ptr<std::byte[]> args_;
};

}  // namespace jsnorm::fuzz

#endif
