// SPDX-License-Identifier: Apache-2.0

#include "tests/fuzz/operation_arguments.hpp"

#include <algorithm>
#include <functional>

#include "tests/support/random.hpp"

namespace jsnorm::fuzz {
namespace {

using test::api::Access;
using test::api::Role;

size_t bytes_of(jsnormDataType_t type) {
    return type == JSNORM_DOUBLE ? 8 : type == JSNORM_FLOAT ? 4 : 2;
}

// The number of elements, or one more than are run.
int64_t elements_of(const std::vector<int64_t> &dims) {
    const int64_t most = OperationArguments::kMostElements;
    int64_t count = 1;
    for (const int64_t dim : dims) {
        if (dim == 0) return 0;
        count = dim > most / count ? most + 1 : count * dim;
    }
    return count;
}

}  // namespace

OperationArguments::OperationArguments(const test::api::Operation &operation, jsnormHandle_t handle,
                                       jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                                       Fault fault, World &world, Bytes &bytes)
    : operation_(operation), x_desc_(x_desc), fault_(fault) {
    operation.init(image_, operation.args_bytes);
    ask(handle, norm);
    choose_descriptors(world, bytes);
    choose_scalars(bytes);
    for (const Field &field : operation.fields)
        if (is_given(field, bytes)) add(field, bytes);
    if (workspace_bytes_ > size_t{kMostBytes} * 8) fits_ = false;
    // A description does without.
    if (fits_ && workspace_bytes_ != 0) {
        workspace_ = std::make_unique<std::byte[]>(workspace_bytes_ + 1);
        set<void *>(operation.workspace_offset, workspace_.get() + bytes.below(2));
        set(operation.workspace_bytes_offset, workspace_bytes_);
    }
    spoil(bytes);
    close(bytes);
}

OperationArguments::~OperationArguments() {
    for (const jsnormTensorDescriptor_t desc : own_) jsnormDestroyTensorDescriptor(desc);
}

// Asks about a copy of the norm, which so stays as it is.
void OperationArguments::ask(jsnormHandle_t handle, jsnormNormDescriptor_t norm) {
    jsnormNormDescriptor_t copy = nullptr;
    int32_t rank = 0, overlaps = 0;
    int64_t dims[JSNORM_MAX_RANK], strides[JSNORM_MAX_RANK];
    accepted_ =
        jsnormCloneNormDescriptor(norm, &copy) == 0 &&
        jsnormGetWorkspaceSize(handle, copy, x_desc_, operation_.id, &workspace_bytes_) == 0 &&
        jsnormGetStatisticsShape(copy, x_desc_, &groups_, &statistics_, &elements_, &parameters_) ==
            0;
    if (accepted_) {
        expect(jsnormGetTensorDescriptor(x_desc_, &type_, &rank, dims, strides) == 0 &&
                   jsnormGetTensorExtent(x_desc_, nullptr, nullptr, &overlaps) == 0 &&
                   jsnormGetNormKind(copy, &kind_) == 0 &&
                   jsnormGetNormActivation(copy, &activation_) == 0,
               "the queries took what cannot be read", operation_.function.c_str());
        dims_.assign(dims, dims + rank);
        strides_.assign(strides, strides + rank);
        overlaps_ = overlaps != 0;
        dense_ = jsnormGetMaskSize(x_desc_, &mask_bytes_) == 0;
        jsnormGetForwardCoefficientSize(copy, x_desc_, &forward_coefficient_bytes_);
        jsnormGetBackwardCoefficientSize(copy, x_desc_, &backward_coefficient_bytes_);
        const int64_t most = kMostElements;
        fits_ = elements_of(dims_) <= most && statistics_ <= most && groups_ <= most &&
                groups_ * statistics_ <= most && parameters_ <= most;
    }
    jsnormDestroyNormDescriptor(copy);
}

jsnormTensorDescriptor_t OperationArguments::vector_of(int64_t count, jsnormDataType_t type) {
    jsnormTensorDescriptor_t desc = nullptr;
    expect(jsnormCreateTensorDescriptor(&desc) == 0 &&
               jsnormSetTensorDescriptor(desc, type, 1, &count, nullptr) == 0,
           "a vector cannot be described", operation_.function.c_str());
    own_.push_back(desc);
    return desc;
}

// A descriptor of x's dims and type: x's own, a packed one, or one with gaps that runs backwards.
jsnormTensorDescriptor_t OperationArguments::twin(Bytes &bytes, bool written) {
    const size_t how = bytes.below(3);
    if (dims_.empty() || (how == 0 && !(written && overlaps_))) return x_desc_;
    std::vector<int64_t> strides(dims_.size());
    int64_t step = -2;
    for (size_t i = dims_.size(); fits_ && i-- > 0;) {
        strides[i] = step;
        step *= std::max<int64_t>(dims_[i], 1);
    }
    jsnormTensorDescriptor_t desc = nullptr;
    expect(jsnormCreateTensorDescriptor(&desc) == 0, "no descriptor", operation_.function.c_str());
    own_.push_back(desc);
    const bool reversed = how == 1 && elements_of(dims_) > 0 && fits_;
    const jsnormStatus_t status =
        jsnormSetTensorDescriptor(desc, type_, static_cast<int32_t>(dims_.size()), dims_.data(),
                                  reversed ? strides.data() : nullptr);
    if (fits_ && elements_of(dims_) > 0)
        expect(status == 0, "a small tensor is refused", operation_.function.c_str());
    return status == 0 ? desc : x_desc_;
}

void OperationArguments::choose_descriptors(World &world, Bytes &bytes) {
    for (const test::api::Member &member : operation_.descriptors) {
        jsnormTensorDescriptor_t desc = nullptr;
        const jsnormDataType_t plain = type_ == JSNORM_DOUBLE ? JSNORM_DOUBLE : JSNORM_FLOAT;
        if (member.name == "x_desc") {
            desc = x_desc_;
        } else if (member.name == "parameter_desc") {
            const size_t how = bytes.below(3);
            if (how != 0) desc = vector_of(parameters_, how == 1 ? JSNORM_FLOAT : type_);
        } else if (member.name == "running_desc") {
            const size_t how = bytes.below(5);
            if (how != 0)
                desc =
                    vector_of(statistics_, how == 4 ? plain : static_cast<jsnormDataType_t>(how));
        } else {
            const std::string tensor = member.name.substr(0, member.name.find('_'));
            desc = twin(bytes, operation_.field(tensor).is_output());
        }
        set(member.offset, desc);
    }
    // The descriptor of x, the first, is any already.
    if (fault_ != Fault::Descriptor || operation_.descriptors.size() == 1) return;
    const auto &target = operation_.descriptors[1 + bytes.below(operation_.descriptors.size() - 1)];
    set(target.offset, world.tensor(bytes).object);
}

void OperationArguments::choose_scalars(Bytes &bytes) {
    static constexpr std::array<double, 4> kFactors = {0.1, 0, 1, 0.5};
    format_ = static_cast<jsnormRecordFormat_t>(bytes.below(3));
    if (operation_.id == JSNORM_FORWARD_STATISTICS && format_ == JSNORM_RECORD_SUMS_FLOAT)
        format_ = JSNORM_RECORD_SUMS;
    record_count_ = 1 + static_cast<int64_t>(bytes.below(3));
    switch (operation_.id) {
        case JSNORM_FORWARD_TRAINING:
            set(offsetof(jsnormForwardTrainingArgs_t, factor), bytes.any_of(kFactors));
            break;
        case JSNORM_FORWARD_INFERENCE:
            set(offsetof(jsnormForwardInferenceArgs_t, running_element_count),
                int64_t{bytes.byte()});
            break;
        case JSNORM_BACKWARD_FIXED_STATISTICS:
            set(offsetof(jsnormBackwardFixedStatisticsArgs_t, running_element_count),
                int64_t{bytes.byte()});
            break;
        case JSNORM_FORWARD_STATISTICS:
            set(offsetof(jsnormForwardStatisticsArgs_t, record_format), format_);
            break;
        case JSNORM_FORWARD_FINALIZE:
            set(offsetof(jsnormForwardFinalizeArgs_t, factor), bytes.any_of(kFactors));
            set(offsetof(jsnormForwardFinalizeArgs_t, record_format), format_);
            set(offsetof(jsnormForwardFinalizeArgs_t, record_count), record_count_);
            break;
        case JSNORM_BACKWARD_FINALIZE:
            set(offsetof(jsnormBackwardFinalizeArgs_t, record_count), record_count_);
            break;
        default:
            break;
    }
    const size_t k = static_cast<size_t>(statistics_);
    record_bytes_ = (16 + 2 * k * (format_ == JSNORM_RECORD_SUMS_FLOAT ? 4 : 8) + 15) / 16 * 16;
}

// Whether an argument is given at all: what is required, and of the rest what the bytes want and
// the header allows.
bool OperationArguments::is_given(const Field &field, Bytes &bytes) const {
    const bool batch = kind_ == JSNORM_BATCH_NORM || kind_ == JSNORM_BATCH_NORM_PER_ACTIVATION;
    if (field.role == Role::kRunning && !batch) return false;
    if (field.role == Role::kMask && (activation_ != JSNORM_ACTIVATION_RELU || !dense_))
        return false;
    if (field.is_required() || field.role == Role::kCoefficients) return true;
    // Previous and next running statistics go together, and dz with the mask of ReLU.
    if (field.role == Role::kRunning) return true;
    const bool relu = activation_ == JSNORM_ACTIVATION_RELU;
    if (field.name == "dz" && relu) {
        for (const Buffer &buffer : buffers_)
            if (buffer.field->role == Role::kMask) return true;
        return false;
    }
    return bytes.below(4) != 3;
}

jsnormTensorDescriptor_t OperationArguments::descriptor_of(const Field &field) const {
    if (field.descriptor.offset == test::api::kNoOffset) return nullptr;
    return get<jsnormTensorDescriptor_t>(field.descriptor.offset);
}

size_t OperationArguments::entry_bytes(const Field &field) const {
    jsnormDataType_t type = type_ == JSNORM_DOUBLE ? JSNORM_DOUBLE : JSNORM_FLOAT;
    const jsnormTensorDescriptor_t desc = descriptor_of(field);
    if (desc != nullptr) jsnormGetTensorDescriptor(desc, &type, nullptr, nullptr, nullptr);
    return bytes_of(type);
}

// Where the bytes of an argument begin, seen from its pointer, and how many there are.
OperationArguments::Span OperationArguments::span_of(const Field &field) {
    const auto of = [](int64_t count, size_t size) {
        return Span{0, count * static_cast<int64_t>(size)};
    };
    switch (field.role) {
        case Role::kTensor: {
            int64_t first = 0, end = 0;
            std::vector<int64_t> dims(JSNORM_MAX_RANK);
            int32_t rank = 0;
            if (jsnormGetTensorExtent(descriptor_of(field), &first, &end, nullptr) != 0) return {};
            jsnormGetTensorDescriptor(descriptor_of(field), nullptr, &rank, dims.data(), nullptr);
            dims.resize(static_cast<size_t>(rank));
            if (first < -kMostBytes || end > kMostBytes || elements_of(dims) > kMostElements) {
                fits_ = false;
                return {};
            }
            return {first, end - first};
        }
        case Role::kParameter:
            return of(parameters_, entry_bytes(field));
        case Role::kStatistic:
            return of(groups_ * statistics_, 8);
        case Role::kRunning:
            return of(statistics_, entry_bytes(field));
        case Role::kMask:
            return of(1, mask_bytes_);
        case Role::kRecord:
            return of(field.name == "records" ? record_count_ : 1, record_bytes_);
        case Role::kCoefficients: {
            const bool backward =
                operation_.id == JSNORM_BACKWARD_FINALIZE || field.name == "backward_coefficients";
            return of(1, backward ? backward_coefficient_bytes_ : forward_coefficient_bytes_);
        }
        case Role::kSums:
            return of(2 * statistics_ * (field.name == "global_sums" ? record_count_ : 1), 8);
        default:
            return of(1, 8);
    }
}

void OperationArguments::add(const Field &field, Bytes &bytes) {
    const Span span = fits_ ? span_of(field) : Span{};
    const auto size = static_cast<size_t>(span.bytes);
    Buffer buffer{&field, std::make_unique<std::byte[]>(size), size, span.first, {}};
    std::byte *memory = buffer.memory.get();
    if (field.is_output())
        std::fill_n(memory, size, std::byte{0xFF});
    else if (size != 0)
        fill(field, memory, size, bytes);
    buffer.before.assign(memory, memory + size);
    buffers_.push_back(std::move(buffer));
    set<void *>(field.offset, memory - span.first);
}

void OperationArguments::fill(const Field &field, std::byte *at, size_t count, Bytes &bytes) const {
    static constexpr std::array<int64_t, 6> kSteps = {3, 0, -1, INT64_MIN, INT64_MAX, 1};
    const uint8_t seed = bytes.byte();
    test::Random random(seed);
    // Any bits; or, two bytes at a time, what is a number near 1 in every type.
    for (size_t i = 0; i < count; i += 2) {
        const uint64_t bits = random.bits();
        const auto word = static_cast<uint16_t>(seed >= 192 ? bits : 0x3c00 | (bits & 0x83ff));
        std::memcpy(at + i, &word, std::min<size_t>(2, count - i));
    }
    if (field.role == Role::kStep || field.role == Role::kTotalCount) {
        const int64_t right = field.role == Role::kStep ? 3 : elements_ * record_count_;
        const int64_t value = fault_ == Fault::Data ? bytes.any_of(kSteps) : right;
        std::memcpy(at, &value, sizeof value);
    }
    for (size_t i = 0; field.role == Role::kRecord && i < count; i += record_bytes_) {
        jsnormRecordHeader_t header = {elements_, format_, static_cast<int32_t>(statistics_)};
        if (fault_ == Fault::Data && bytes.one_in(2)) header.count = bytes.integer();
        if (fault_ == Fault::Data && bytes.one_in(4))
            header.format = static_cast<int32_t>(bytes.integer());
        if (fault_ == Fault::Data && bytes.one_in(4)) header.statistics_per_group += 1;
        std::memcpy(at + i, &header, sizeof header);
    }
}

void OperationArguments::spoil(Bytes &bytes) {
    if (fault_ == Fault::Scalar) return spoil_scalar(bytes);
    if (fault_ == Fault::Workspace) {
        const bool missing = bytes.one_in(2);
        if (missing) set<void *>(operation_.workspace_offset, nullptr);
        return set(operation_.workspace_bytes_offset,
                   workspace_bytes_ - (workspace_bytes_ != 0 && !missing));
    }
    if (buffers_.empty()) return;
    Buffer &target = buffers_[bytes.below(buffers_.size())];
    if (fault_ == Fault::NullPointer) set<void *>(target.field->offset, nullptr);
    if (fault_ == Fault::Misaligned && target.field->role != Role::kMask)
        set(target.field->offset, get<std::byte *>(target.field->offset) + 1),
            fits_ &= target.bytes > 0;
    if (fault_ == Fault::Alias) {
        const Buffer &other = buffers_[bytes.below(buffers_.size())];
        if (other.bytes >= target.bytes && other.first == target.first)
            set(target.field->offset, get<void *>(other.field->offset));
    }
}

void OperationArguments::spoil_scalar(Bytes &bytes) {
    if (operation_.scalars.empty()) return;
    const size_t offset = operation_.scalars[bytes.below(operation_.scalars.size())];
    const bool finalizes = operation_.id == JSNORM_FORWARD_FINALIZE;
    if (operation_.id == JSNORM_FORWARD_STATISTICS ||
        (finalizes && offset == offsetof(jsnormForwardFinalizeArgs_t, record_format))) {
        // Records of another format may be longer: that is described, not run.
        fits_ &= !finalizes;
        return set(offset, static_cast<int32_t>(bytes.integer()));
    }
    if (operation_.id == JSNORM_BACKWARD_FINALIZE ||
        (finalizes && offset == offsetof(jsnormForwardFinalizeArgs_t, record_count))) {
        const int64_t count = bytes.integer();
        fits_ &= count <= record_count_;  // more than are there are described, too
        return set(offset, count);
    }
    if (bytes.one_in(2)) return set(offset, bytes.number());
    set(offset, bytes.integer());
}

// The struct as it is passed, of exactly the bytes that its struct_size tells.
void OperationArguments::close(Bytes &bytes) {
    static constexpr std::array<int, 8> kChanges = {-8, 8, -16, 64, -1, 1, -64, 3};
    size_t size = operation_.args_bytes;
    if (fault_ == Fault::StructSize) {
        static constexpr std::array<size_t, 6> kSizes = {0, 7, 8, SIZE_MAX, 65536, 65537};
        const size_t how = bytes.below(16);
        size = how < 8 ? size + static_cast<size_t>(kChanges[how]) : kSizes[how % kSizes.size()];
        set(0, size);
    }
    if (fault_ == Fault::NoArguments) return;
    const size_t room = size > 65536 || size < 8 ? operation_.args_bytes : size;
    args_ = std::make_unique<std::byte[]>(room);
    std::memcpy(args_.get(), image_, std::min(room, operation_.args_bytes));
    if (room > operation_.args_bytes && bytes.one_in(2)) args_[room - 1] = std::byte{1};
}

void OperationArguments::check(jsnormStatus_t status) const {
    for (const Buffer &buffer : buffers_) {
        if (status == JSNORM_STATUS_SUCCESS &&
            (buffer.field->is_output() || fault_ == Fault::Alias))
            continue;
        expect(std::equal(buffer.before.begin(), buffer.before.end(), buffer.memory.get()),
               "what was not to be written is written", operation_.function.c_str());
    }
}

}  // namespace jsnorm::fuzz
