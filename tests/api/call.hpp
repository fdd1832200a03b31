// SPDX-License-Identifier: Apache-2.0
//
// One complete, valid call of any of the ten operations: a small problem with every optional
// pointer set, all buffers in one arena. A test spoils one thing, runs it, and compares the arena.
#pragma once

#include "tests/api/arena.hpp"
#include "tests/api/operation_table.hpp"
#include "tests/api/problem_setup.hpp"

#include <algorithm>

namespace jsnorm::test::api {

class Call {
  public:
    static constexpr size_t kSlotBytes = 4096;
    static constexpr size_t kSlotAlignment = 256;
    static constexpr std::byte kUntouched{0xA5};
    static constexpr int64_t kRecordCount = 2;

    Call(jsnormHandle_t handle, const Operation &operation, const Problem &problem = {})
        : norm(problem), operation_(operation), problem_(problem) {
        x_desc.set(problem.type, problem.dims, problem.strides);
        // Asked of a twin, so that `norm` stays unfrozen until the call itself.
        ProblemNorm twin(problem);
        require(
            jsnormGetStatisticsShape(twin, x_desc, &groups, &statistics, &elements, &parameters));
        parameter_desc.set(problem.parameter_type, {parameters});
        running_desc.set(problem.running_type, {statistics});
        require(jsnormGetWorkspaceSize(handle, twin, x_desc, operation.id, &workspace_bytes_));
        arena_.allocate(
            (operation.fields.size() + 1) * kSlotBytes + workspace_bytes_ + kSlotAlignment,
            kUntouched);
        require(operation.init(args_.data(), operation.args_bytes));
        for (const Member &descriptor : operation.descriptors) {
            set(descriptor.offset, descriptor_for(descriptor.name));
        }
        for (const Field &field : operation.fields) {
            if (field.role == Role::kRunning && !is_batch_kind(problem.kind)) continue;
            set_pointer(field, slot(field));
            if (!field.is_output()) fill(field);
        }
        if (workspace_bytes_ != 0) set_workspace(workspace(), workspace_bytes_);
        set_scalars();
    }
    Call(const Call &) = delete;
    Call &operator=(const Call &) = delete;

    // Returns when the operation is done, so that the arena can be looked into.
    jsnormStatus_t run(jsnormHandle_t handle) const { return run(handle, norm); }
    jsnormStatus_t run(jsnormHandle_t handle, jsnormNormDescriptor_t other_norm) const {
        const jsnormStatus_t status = operation_.run(handle, other_norm, args_.data());
        wait_for_backend();
        return status;
    }
    // The bare call.
    jsnormStatus_t start(jsnormHandle_t handle) const {
        return operation_.run(handle, norm, args_.data());
    }

    const Operation &operation() const { return operation_; }
    const Problem &problem() const { return problem_; }
    const Field &field(const std::string &name) const { return operation_.field(name); }

    // The argument struct, for its scalars.
    template <class Args>
    Args &args() {
        return *std::launder(reinterpret_cast<Args *>(args_.data()));
    }
    std::byte *raw_args() { return args_.data(); }
    void set_struct_size(size_t bytes) { set(0, bytes); }

    void *pointer(const std::string &name) const { return get<void *>(field(name).offset); }
    void set_pointer(const Field &field, void *pointer) { set(field.offset, pointer); }
    void set_pointer(const std::string &name, void *pointer) { set_pointer(field(name), pointer); }
    void set_descriptor(const std::string &name, jsnormTensorDescriptor_t desc) {
        for (const Member &member : operation_.descriptors) {
            if (member.name == name) return set(member.offset, desc);
        }
        throw std::logic_error(operation_.function + " has no args." + name);
    }

    size_t workspace_bytes() const { return workspace_bytes_; }
    std::byte *workspace() { return align(arena_.data() + operation_.fields.size() * kSlotBytes); }
    void set_workspace(void *pointer, size_t bytes) {
        set(operation_.workspace_offset, pointer);
        set(operation_.workspace_bytes_offset, bytes);
    }

    // The memory that belongs to a field, wherever its pointer points now.
    std::byte *slot(const Field &field) {
        const auto index = static_cast<size_t>(&field - operation_.fields.data());
        return align(arena_.data() + index * kSlotBytes);
    }
    std::byte *slot(const std::string &name) { return slot(field(name)); }
    std::vector<std::byte> arena() const { return arena_.copy(); }

    template <class T>
    std::vector<T> values(const std::string &name) const {
        std::vector<T> result(count(field(name)));
        if (!result.empty()) {
            std::memcpy(result.data(), pointer(name), result.size() * sizeof(T));
        }
        return result;
    }
    // What an output holds, as bytes.
    std::vector<std::byte> bytes(const Field &field) const {
        const auto *begin = static_cast<const std::byte *>(get<void *>(field.offset));
        return {begin, begin + bytes_in(field)};
    }
    std::vector<std::byte> bytes(const std::string &name) const { return bytes(field(name)); }

    // What all the outputs hold that the call was given.
    std::vector<std::byte> outputs() const {
        std::vector<std::byte> result;
        for (const Field &field : operation_.fields) {
            if (!field.is_output() || get<void *>(field.offset) == nullptr) continue;
            const std::vector<std::byte> part = bytes(field);
            result.insert(result.end(), part.begin(), part.end());
        }
        return result;
    }

    size_t count(const Field &field) const {
        switch (field.role) {
            case Role::kTensor:
                return tensor_elements();
            case Role::kParameter:
                return static_cast<size_t>(parameters);
            case Role::kStatistic:
                return static_cast<size_t>(groups * statistics);
            case Role::kRunning:
                return static_cast<size_t>(statistics);
            case Role::kStep:
            case Role::kTotalCount:
                return 1;
            case Role::kMask:
                return (tensor_elements() + 31) / 32;
            case Role::kRecord:
                return field.name == "records" ? kRecordCount : 1;
            case Role::kCoefficients:
                return static_cast<size_t>(statistics) * (is_backward_coefficients(field) ? 5 : 3);
            case Role::kSums:
                return static_cast<size_t>(2 * statistics);
        }
        return 0;
    }
    size_t entry_bytes(const Field &field) const {
        switch (field.role) {
            case Role::kTensor:
                return bytes_of(problem_.type);
            case Role::kParameter:
                return bytes_of(problem_.parameter_type);
            case Role::kRunning:
                return bytes_of(problem_.running_type);
            case Role::kMask:
                return 4;
            case Role::kRecord:
                return record_bytes();
            case Role::kCoefficients:
                return coefficients_are_double() ? 8 : 4;
            default:
                return 8;
        }
    }
    size_t alignment(const Field &field) const {
        const bool block = field.role == Role::kRecord || field.role == Role::kCoefficients;
        return block ? 16 : entry_bytes(field);
    }
    // Of a packed tensor.
    size_t bytes_in(const Field &field) const { return count(field) * entry_bytes(field); }

    ProblemNorm norm;
    TensorDesc x_desc;
    TensorDesc parameter_desc;
    TensorDesc running_desc;
    int64_t groups = 0;
    int64_t statistics = 0;
    int64_t elements = 0;
    int64_t parameters = 0;

  private:
    void fill(const Field &field) {
        std::byte *at = slot(field);
        const int64_t step = 3;
        const uint32_t mask_word = 0x9C6B35A6u;
        switch (field.role) {
            case Role::kStep:
                std::memcpy(at, &step, sizeof step);
                break;
            case Role::kTotalCount:
                std::memcpy(at, &elements, sizeof elements);
                break;
            case Role::kRecord:
                for (int64_t i = 0; i < kRecordCount; ++i)
                    fill_record(at + static_cast<size_t>(i) * record_bytes());
                break;
            case Role::kMask:
                for (size_t e = 0; e < tensor_elements(); e += 32) {
                    const size_t left = tensor_elements() - e;
                    const uint32_t used = left < 32 ? (1u << left) - 1 : ~0u;
                    const uint32_t word = mask_word & used;
                    std::memcpy(at + e / 8, &word, sizeof word);
                }
                break;
            case Role::kTensor:
                fill_entries(at, problem_.type, kSlotBytes / 2, false);
                break;
            case Role::kParameter:
                fill_entries(at, problem_.parameter_type, bytes_in(field), false);
                break;
            case Role::kRunning:
                fill_entries(at, problem_.running_type, bytes_in(field), is_variance(field));
                break;
            case Role::kCoefficients:
                fill_entries(at, coefficients_are_double() ? JSNORM_DOUBLE : JSNORM_FLOAT,
                             bytes_in(field), true);
                break;
            default:
                fill_entries(at, JSNORM_DOUBLE, bytes_in(field), is_variance(field));
                break;
        }
    }

    // Half of the elements each; means of both signs, sums of squares large enough for any format.
    void fill_record(std::byte *at) const {
        const jsnormRecordHeader_t header = {elements / kRecordCount, problem_.record_format,
                                             static_cast<int32_t>(statistics)};
        std::memcpy(at, &header, sizeof header);
        const bool is_float = problem_.record_format == JSNORM_RECORD_SUMS_FLOAT;
        const jsnormDataType_t type = is_float ? JSNORM_FLOAT : JSNORM_DOUBLE;
        const auto k = static_cast<size_t>(statistics);
        for (size_t i = 0; i < 2 * k; ++i) {
            const double v = elements == 0 ? 0.0
                             : i < k       ? pattern_value(i, false)
                                           : 4 + pattern_value(i, true);
            store(at + sizeof header + i * bytes_of(type), type, v);
        }
    }

    size_t record_bytes() const {
        const bool is_float = problem_.record_format == JSNORM_RECORD_SUMS_FLOAT;
        const size_t body = static_cast<size_t>(2 * statistics) * (is_float ? 4 : 8);
        return (sizeof(jsnormRecordHeader_t) + body + 15) / 16 * 16;
    }

    void set_scalars() {
        if (operation_.id == JSNORM_FORWARD_TRAINING) {
            args<jsnormForwardTrainingArgs_t>().factor = 0.25;
        } else if (operation_.id == JSNORM_FORWARD_FINALIZE) {
            auto &finalize = args<jsnormForwardFinalizeArgs_t>();
            finalize.factor = 0.25;
            finalize.record_count = kRecordCount;
            finalize.record_format = problem_.record_format;
        } else if (operation_.id == JSNORM_FORWARD_STATISTICS) {
            args<jsnormForwardStatisticsArgs_t>().record_format = problem_.record_format;
        }
    }

    jsnormTensorDescriptor_t descriptor_for(const std::string &name) const {
        if (name == "parameter_desc") return parameter_desc;
        if (name == "running_desc") return running_desc;
        return x_desc;
    }
    size_t tensor_elements() const {
        size_t n = 1;
        for (int64_t dim : problem_.dims) n *= static_cast<size_t>(dim);
        return n;
    }
    bool coefficients_are_double() const { return problem_.type == JSNORM_DOUBLE; }
    bool is_backward_coefficients(const Field &field) const {
        return operation_.id == JSNORM_BACKWARD_FINALIZE || field.name == "backward_coefficients";
    }
    static bool is_variance(const Field &field) {
        return field.name.find("variance") != std::string::npos;
    }

    static std::byte *align(std::byte *at) {
        const auto address = reinterpret_cast<uintptr_t>(at);
        const uintptr_t up = kSlotAlignment - 1;
        return at + (((address + up) & ~up) - address);
    }

    template <class T>
    T get(size_t offset) const {
        T result;
        std::memcpy(&result, args_.data() + offset, sizeof result);
        return result;
    }
    template <class T>
    void set(size_t offset, T result) {
        std::memcpy(args_.data() + offset, &result, sizeof result);
    }

    const Operation &operation_;
    Problem problem_;
    size_t workspace_bytes_ = 0;
    Arena arena_;
    // Longer than any struct, for tests of struct_size beyond the known ones.
    alignas(16) std::array<std::byte, 1024> args_ = {};
};

}  // namespace jsnorm::test::api
