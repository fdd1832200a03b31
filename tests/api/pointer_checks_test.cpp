// SPDX-License-Identifier: Apache-2.0
//
// jsnormSetPointerChecks on a CPU handle: buffers that are not mapped are refused, not touched.
#include "tests/api/each_operation.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace jsnorm::test::api {
namespace {

// One mapped page between two that were given back: nothing is mapped before begin() or from end().
class MappedPage {
  public:
    MappedPage() {
        void *pages =
            mmap(nullptr, 3 * size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED) throw std::runtime_error("mmap");
        begin_ = static_cast<std::byte *>(pages) + size_;
        if (munmap(begin_ - size_, size_) != 0 || munmap(end(), size_) != 0) {
            throw std::runtime_error("munmap");
        }
    }
    ~MappedPage() { munmap(begin_, size_); }
    MappedPage(const MappedPage &) = delete;
    MappedPage &operator=(const MappedPage &) = delete;

    std::byte *begin() const { return begin_; }
    std::byte *end() const { return begin_ + size_; }

  private:
    size_t size_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    std::byte *begin_ = nullptr;
};

class PointerChecks : public EachOperation {
  protected:
    PointerChecks() { require(jsnormSetPointerChecks(handle, 1)); }
    MappedPage page;
};
INSTANTIATE_TEST_SUITE_P(Operations, PointerChecks, testing::ValuesIn(all_operations()),
                         operation_name);

TEST_P(PointerChecks, AcceptTheValidCall) {
    const Call call(handle, operation());
    EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
}

TEST_P(PointerChecks, RefuseABufferThatIsNotMapped) {
    for (const Field &field : operation().fields) {
        SCOPED_TRACE(field.name);
        Call call(handle, operation());
        call.set_pointer(field, page.end());
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_DEVICE_MISMATCH,
                        {"args." + field.name});
    }
}

TEST_P(PointerChecks, RefuseABufferWhoseLastByteIsNotMapped) {
    for (const Field &field : operation().fields) {
        SCOPED_TRACE(field.name);
        Call call(handle, operation());
        if (call.bytes_in(field) <= call.alignment(field)) continue;  // too short to be split
        call.set_pointer(field, page.end() - call.alignment(field));
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_DEVICE_MISMATCH,
                        {"args." + field.name});
    }
}

TEST_P(PointerChecks, RefuseABufferWhoseFirstByteIsNotMapped) {
    for (const Field &field : operation().fields) {
        SCOPED_TRACE(field.name);
        Call call(handle, operation());
        if (call.bytes_in(field) <= call.alignment(field)) continue;  // too short to be split
        call.set_pointer(field, page.begin() - call.alignment(field));
        expect_rejected(handle, call, JSNORM_STATUS_BAD_PARAM_DEVICE_MISMATCH,
                        {"args." + field.name});
    }
}

TEST_P(PointerChecks, AcceptABufferThatEndsWithTheMappedMemory) {
    for (const Field &field : operation().fields) {
        SCOPED_TRACE(field.name);
        Call call(handle, operation());
        const size_t alignment = call.alignment(field);
        const size_t bytes = (call.bytes_in(field) + alignment - 1) / alignment * alignment;
        std::memcpy(page.end() - bytes, call.slot(field), bytes);
        call.set_pointer(field, page.end() - bytes);
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    }
}

class PointerChecksOfTensors : public PointerChecks {};
INSTANTIATE_TEST_SUITE_P(Operations, PointerChecksOfTensors,
                         testing::ValuesIn(operations_where([](const Operation &operation) {
                             return operation.find("y") || operation.find("dy");
                         })),
                         operation_name);

TEST_P(PointerChecksOfTensors, KnowWhereATensorWithNegativeStridesBegins) {
    // Element 0 is the last in memory.
    const TensorDesc backwards(JSNORM_FLOAT, {3, 5, 2, 2}, {-20, -4, -2, -1});
    for (const Field &field : operation().fields) {
        if (field.role != Role::kTensor || field.name == "x") continue;
        SCOPED_TRACE(field.name);
        Call call(handle, operation());
        call.set_descriptor(field.descriptor.name, backwards);
        std::memcpy(page.end() - 60 * sizeof(float), call.slot(field), 60 * sizeof(float));
        call.set_pointer(field, page.end() - sizeof(float));
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    }
}

TEST(PointerChecksOfNothing, AnEmptyTensorNeedsNoMemory) {
    const Handle handle;
    const MappedPage page;
    Problem problem;
    problem.dims = {0, 5, 2, 2};
    for (int32_t enabled : {0, 1}) {
        require(jsnormSetPointerChecks(handle, enabled));
        Call call(handle, operation(JSNORM_FORWARD_TRAINING), problem);
        for (const char *name : {"x", "z", "y"}) call.set_pointer(name, page.end());
        EXPECT_STATUS(call.run(handle), JSNORM_STATUS_SUCCESS);
    }
}

}  // namespace
}  // namespace jsnorm::test::api
