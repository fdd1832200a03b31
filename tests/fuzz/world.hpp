// SPDX-License-Identifier: Apache-2.0
//
// The objects that exist while a sequence of calls runs, and the choice of one for a call: mostly a
// live one, sometimes NULL, a destroyed one or one of another type.
#ifndef JSNORM_TESTS_FUZZ_WORLD_HPP
#define JSNORM_TESTS_FUZZ_WORLD_HPP

#include <jsnorm/jsnorm.h>

#include <cstddef>
#include <vector>

#include "tests/fuzz/bytes.hpp"
#include "tests/fuzz/check.hpp"

namespace jsnorm::fuzz {

// What came of a call.
struct Outcome {
    const char *function;
    jsnormStatus_t status;
};

template <class Object>
struct Slot {
    Object object = nullptr;
    bool used = false;    // norms: has been given to an operation or a query
    bool frozen = false;  // norms: one of them succeeded
};

// What a call is given. `slot` is NULL unless the object lives.
template <class Object>
struct Choice {
    Object object = nullptr;
    Slot<Object> *slot = nullptr;
    bool is_live() const { return slot != nullptr; }
};

class World {
  public:
    static constexpr size_t kMostObjects = 4;  // of a type

    World();
    ~World();
    World(const World &) = delete;
    World &operator=(const World &) = delete;

    Choice<jsnormHandle_t> handle(Bytes &bytes);
    Choice<jsnormTensorDescriptor_t> tensor(Bytes &bytes);
    Choice<jsnormNormDescriptor_t> norm(Bytes &bytes);

    // A norm that takes part in an operation or a query, and the outcome.
    static void note_use(const Choice<jsnormNormDescriptor_t> &norm, jsnormStatus_t status) {
        if (!norm.is_live()) return;
        norm.slot->used = true;
        norm.slot->frozen |= status == JSNORM_STATUS_SUCCESS;
    }

    std::vector<Slot<jsnormHandle_t>> handles;
    std::vector<Slot<jsnormTensorDescriptor_t>> tensors;
    std::vector<Slot<jsnormNormDescriptor_t>> norms;
};

}  // namespace jsnorm::fuzz

#endif
