// SPDX-License-Identifier: Apache-2.0
#include "src/core/view.hpp"

namespace jsnorm {

namespace {

// Appends an axis, or merges it into the previous one where this keeps every operand's offsets.
void append(Axes &axes, int64_t size, const int64_t *strides, int32_t operands, bool may_merge) {
    if (size == 1) return;
    if (axes.count > 0 && may_merge) {
        int64_t *outer = axes.stride[axes.count - 1];
        bool mergeable = true;
        for (int32_t t = 0; t < operands; ++t) mergeable &= outer[t] == size * strides[t];
        if (mergeable) {
            axes.size[axes.count - 1] *= size;
            for (int32_t t = 0; t < operands; ++t) outer[t] = strides[t];
            return;
        }
    }
    axes.size[axes.count] = size;
    for (int32_t t = 0; t < operands; ++t) axes.stride[axes.count][t] = strides[t];
    ++axes.count;
}

// Axes before position `barrier` are not merged with axes from it on.
Axes merged_axes(const int32_t *chosen, int32_t count, int32_t barrier,
                 std::initializer_list<const Layout *> operands) {
    Axes axes;
    const int32_t operand_count = static_cast<int32_t>(operands.size());
    bool may_merge = true;
    for (int32_t i = 0; i < count; ++i) {
        int64_t strides[kMaxOperands] = {};
        int32_t t = 0;
        int64_t size = 0;
        for (const Layout *layout : operands) {
            size = layout->dims[chosen[i]];
            strides[t++] = layout->strides[chosen[i]];
        }
        if (i == barrier) may_merge = false;
        append(axes, size, strides, operand_count, may_merge);
        if (size != 1) may_merge = true;
    }
    if (axes.count == 0) {  // a single index
        axes.count = 1;
        axes.size[0] = 1;
        for (int32_t t = 0; t < operand_count; ++t) axes.stride[0][t] = 1;
    }
    return axes;
}

}  // namespace

int64_t Axes::offset(int64_t index, int32_t operand) const {
    int64_t offset = 0;
    for (int32_t axis = count - 1; axis > 0; --axis) {
        offset += index % size[axis] * stride[axis][operand];
        index /= size[axis];
    }
    return offset + index * stride[0][operand];
}

View make_view(const Problem &problem, std::initializer_list<const Layout *> operands) {
    View view;
    view.operands = static_cast<int32_t>(operands.size());
    // Axes that index parameters are not merged with other cell axes, so that neighbouring cells
    // have neighbouring parameters.
    view.cells = merged_axes(problem.cell_axes, problem.cell_axis_count,
                             problem.first_parameter_axis, operands);
    view.elements = merged_axes(problem.element_axes, problem.element_axis_count, -1, operands);
    // Columns need neighbouring cells with different parameters. Neighbouring samples do not count:
    // the form, and with it the order of sums, must not depend on the number of samples.
    bool cells_adjacent = problem.shape.parameters > 1 && !problem.parameter_per_element;
    bool elements_adjacent = view.elements.inner_size() > 1;
    for (int32_t t = 0; t < view.operands; ++t) {
        cells_adjacent &= view.cells.inner_stride(t) == 1;
        elements_adjacent &= view.elements.inner_stride(t) == 1;
    }
    view.columns = cells_adjacent && !elements_adjacent;
    return view;
}

}  // namespace jsnorm
