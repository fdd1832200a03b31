// SPDX-License-Identifier: Apache-2.0
// A case is one thing that every contestant computes: a shape in a layout and a type, a direction,
// with or without residual and ReLU, on so many threads.
#pragma once

#include <jsnorm/jsnorm.h>

#include <cstdint>
#include <string>
#include <vector>

namespace jsnorm::bench {

enum class Layer { kBatch, kLayer };
enum class Layout {
    kChannelsFirst,
    kChannelsLast,
    kRows
};  // NCHW, NHWC, packed rows of a layer norm
enum class Direction { kForward, kInference, kBackward };
enum class Fusion { kNone, kAddRelu };
enum class Cache {
    kAuto,
    kRepeat
};  // cold where the tensors are not tiny; always the same buffers

// Batch norm: N, C, spatial... Layer norm: ..., D; coupled over the rows of a sample where there
// are at least three axes.
struct Shape {
    std::string name;  // as performance tables call it, e.g. B3
    Layer layer = Layer::kBatch;
    std::vector<int64_t> dims;
    int64_t whole_batch = 0;   // dims[0] before it was scaled down; 0: it was not
    int64_t misalignment = 0;  // elements between an aligned address and the tensors' first element
};

// Every layout is x[outer][statistic][inner]: (N, C, spatial), (N*spatial, C, 1) or (1, rows, D).
// gamma and beta belong to the statistic in a batch norm, to `inner` in a layer norm.
struct View {
    int64_t outer, statistics, inner;
    int64_t groups;  // how many vectors of statistics are shrunk apart

    int64_t elements() const { return outer * statistics * inner; }
    int64_t per_statistic(Layer layer) const {
        return layer == Layer::kBatch ? outer * inner : inner;
    }
    int64_t parameters(Layer layer) const { return layer == Layer::kBatch ? statistics : inner; }
};

struct Case {
    std::string group;  // shapes, sizes, channels, threads, calls
    Shape shape;
    Layout layout = Layout::kRows;
    jsnormDataType_t type = JSNORM_FLOAT;
    Direction direction = Direction::kForward;
    Fusion fusion = Fusion::kNone;
    Cache cache = Cache::kAuto;
    int threads = 0;  // 0: as the settings say
    double x = 0;     // where on the curve of a sweep

    View view() const;
    bool coupled() const { return shape.layer == Layer::kBatch || shape.dims.size() > 2; }
    int64_t elements() const;
    int64_t element_bytes() const { return type == JSNORM_FLOAT ? 4 : 2; }
    int64_t tensor_bytes() const { return elements() * element_bytes(); }
    jsnormOperation_t operation() const;
    std::string name() const;  // group/shape/layout/type/direction[/add_relu][/threads:n]
};

std::string dims_text(const Shape &shape);  // 32x64x56x56
const char *layout_name(const Case &which);
const char *type_name(jsnormDataType_t type);
const char *direction_name(Direction direction);

// The largest leading dimension with which a tensor of floats stays within `bytes`, at least 1.
// Other types have the same one, so that their times can be compared.
Shape scaled_to(Shape shape, int64_t bytes);

}  // namespace jsnorm::bench
