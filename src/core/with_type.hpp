// SPDX-License-Identifier: Apache-2.0
// From a data type that is known at run time to the C++ type of its elements.
#pragma once

#include "jsnorm/jsnorm.h"
#include "kernels/math/scalar.cuh"

namespace jsnorm {

// Calls body with a value of the C++ type of a data type: body(float{}), body(Half{}), ...
template <class Body>
decltype(auto) with_type(jsnormDataType_t type, const Body &body) {
    switch (type) {
        case JSNORM_DOUBLE:
            return body(double{});
        case JSNORM_HALF:
            return body(Half{});
        case JSNORM_BFLOAT16:
            return body(BFloat16{});
        default:
            return body(float{});
    }
}

}  // namespace jsnorm
