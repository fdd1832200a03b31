// SPDX-License-Identifier: Apache-2.0
#include "bench/case.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace jsnorm::bench {

namespace {

int64_t product(std::vector<int64_t>::const_iterator begin,
                std::vector<int64_t>::const_iterator end) {
    return std::accumulate(begin, end, int64_t{1}, std::multiplies<int64_t>());
}

}  // namespace

int64_t Case::elements() const {
    return product(shape.dims.begin(), shape.dims.end());
}

View Case::view() const {
    const auto &dims = shape.dims;
    if (shape.layer == Layer::kLayer) {
        const int64_t rows = product(dims.begin(), dims.end() - 1);
        return {1, rows, dims.back(), coupled() ? dims.front() : rows};
    }
    const int64_t spatial = product(dims.begin() + 2, dims.end());
    if (layout == Layout::kChannelsLast) return {dims[0] * spatial, dims[1], 1, 1};
    return {dims[0], dims[1], spatial, 1};
}

jsnormOperation_t Case::operation() const {
    switch (direction) {
        case Direction::kForward:
            return JSNORM_FORWARD_TRAINING;
        case Direction::kInference:
            return JSNORM_FORWARD_INFERENCE;
        default:
            return JSNORM_BACKWARD;
    }
}

std::string Case::name() const {
    std::string name = group;
    for (const char *part :
         {shape.name.c_str(), layout_name(*this), type_name(type), direction_name(direction)}) {
        name += '/';
        name += part;
    }
    if (fusion == Fusion::kAddRelu) name += "/add_relu";
    if (threads != 0) name.append("/threads:").append(std::to_string(threads));
    return name;
}

std::string dims_text(const Shape &shape) {
    std::string text;
    for (const int64_t dim : shape.dims) {
        if (!text.empty()) text += 'x';
        text += std::to_string(dim);
    }
    return text;
}

const char *layout_name(const Case &which) {
    const bool last = which.layout == Layout::kChannelsLast;
    switch (which.shape.layer == Layer::kLayer ? 0 : which.shape.dims.size()) {
        case 2:
            return "nc";
        case 3:
            return last ? "nlc" : "ncl";
        case 4:
            return last ? "nhwc" : "nchw";
        case 5:
            return last ? "ndhwc" : "ncdhw";
        default:
            return which.coupled() ? "coupled" : "rows";
    }
}

const char *type_name(jsnormDataType_t type) {
    switch (type) {
        case JSNORM_HALF:
            return "half";
        case JSNORM_BFLOAT16:
            return "bfloat16";
        default:
            return "float";
    }
}

const char *direction_name(Direction direction) {
    switch (direction) {
        case Direction::kForward:
            return "forward";
        case Direction::kInference:
            return "inference";
        default:
            return "backward";
    }
}

Shape scaled_to(Shape shape, int64_t bytes) {
    const int64_t sample = 4 * product(shape.dims.begin() + 1, shape.dims.end());
    const int64_t most = std::max<int64_t>(1, bytes / sample);
    if (shape.dims[0] > most) {
        shape.whole_batch = shape.dims[0];
        shape.dims[0] = most;
    }
    return shape;
}

}  // namespace jsnorm::bench
