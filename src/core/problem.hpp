// SPDX-License-Identifier: Apache-2.0
// What a caller asks for, in one form for all kinds of norms: x[g][k][r] of docs/math.md, section
// 1, over the axes of x.
//
// The smallest unit is the *cell*: elements that share one statistic and, where parameters are per
// channel, one parameter. A statistic consists of `cells_per_statistic` consecutive cells (in a
// group norm, the channels of its group; elsewhere 1). Every kind splits the axes of x into cell
// axes and element axes:
//
//     kind                  cell axes            element axes      parameter of element r of cell c
//     batch                 C                    N, spatial        c
//     batch per activation  C, spatial           N                 c
//     instance, group       N, C                 spatial           c mod C
//     layer                 axes before          normalized axes   r
//
// A layer norm over every axis has no cell axes, and one cell.
#pragma once

#include "src/core/layout.hpp"
#include "src/core/objects.hpp"

namespace jsnorm {

// As jsnormGetStatisticsShape reports it.
struct StatisticsShape {
    int64_t groups = 0;
    int64_t statistics = 0;
    int64_t elements = 0;
    int64_t parameters = 0;
};

struct Problem {
    NormConfig norm;
    jsnormDataType_t type = JSNORM_FLOAT;
    StatisticsShape shape;

    // G and K as backends run them: uncoupled statistics become groups of one.
    int64_t groups = 0;
    int64_t statistics = 0;

    int64_t cells = 0;
    int64_t inner_cells = 1;  // size of the last cell axis that has more than one entry
    int64_t cells_per_statistic = 1;
    int64_t cell_elements = 0;
    int64_t segment_elements = 0;  // of a cell in one sample: a plane of a batch norm
    bool parameter_per_element = false;

    int32_t cell_axes[JSNORM_MAX_RANK] = {};
    int32_t cell_axis_count = 0;
    int32_t first_parameter_axis = 0;  // cell_axes from this position on index the parameters
    int32_t element_axes[JSNORM_MAX_RANK] = {};
    int32_t element_axis_count = 0;

    int64_t statistics_total() const { return groups * statistics; }
    int64_t elements_per_statistic() const { return shape.elements; }
    bool empty() const { return cells == 0 || cell_elements == 0; }
    int64_t parameter_of_cell(int64_t cell) const { return cell % shape.parameters; }
};

// The running variance takes R/max(R-1,1) times the variance: asked for, and an estimator that
// commutes with a common factor.
bool corrects_running_variance(const NormConfig &norm);

// Some statistic's estimate depends on the others of its group.
bool is_coupled(const Problem &problem);

// The problem with every statistic as a group of its own. Nothing may couple the statistics.
Problem statistics_apart(const Problem &problem);
// The same with the groups that the norm defines.
Problem statistics_together(const Problem &problem);

// Checks x against the norm and derives the problem. `x_name`: the name of the descriptor in
// messages.
jsnormStatus_t make_problem(const NormConfig &norm, const Layout &x, const char *x_name,
                            Problem &problem);

}  // namespace jsnorm
