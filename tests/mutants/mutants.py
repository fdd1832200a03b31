# SPDX-License-Identifier: Apache-2.0
"""The mutants: seeded defects, and the tests that must notice each."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    old: str    # occurs once in the file
    new: str
    suite: str  # unit, ops or api
    tests: str  # a filter of GoogleTest
    sample: bool = False


MUTANTS = [
    # ---- Statistics: what the arithmetic must do ----
    Mutant("tile_mean_without_pivot", "src/cpu/lanes.hpp",
           "    const Acc first = x[0];\n", "    const Acc first = Acc(0);\n", "ops", "*Range.ConstantStatistics*"),
    Mutant("no_residual_correction", "kernels/moments.cuh",
           "const double shift = sum / count;", "const double shift = 0;", "ops", "ArithmeticRules.StatisticsAreRightWhereThePivotIsAnOutlier:ArithmeticRules.StatisticsAreRightWhereARoundedMean*", sample=True),
    Mutant("one_long_float_chain", "src/cpu/tree.hpp",
           "inline constexpr int64_t kColumnRows = 256;", "inline constexpr int64_t kColumnRows = 1 << 16;", "ops", "ArithmeticRules.StatisticsAreRightWhereALongChainOfSquaresLosesAllTheSameWay:ArithmeticRules.GradientsAreRightWhereLongChains*"),
    Mutant("merge_without_counts", "kernels/moments.cuh",
           "const double share = b.count / count;", "const double share = 0.5;", "ops", "*StructureSizes.AgreeWhereReducedElementsAreContiguous*"),
    Mutant("merge_drops_between_variance", "kernels/moments.cuh",
           "a.m2 + b.m2 + delta * delta * (a.count * share)", "a.m2 + b.m2", "ops", "*StructureSizes.AgreeWhereReducedElementsAreContiguous*"),
    Mutant("unbiased_for_biased", "src/cpu/context.hpp",
           "m2[q] = elements > 0 ? m2[q] / elements : 0;", "m2[q] = elements > 1 ? m2[q] / (elements - 1) : 0;",
           "ops", "*SmallShapes.AgreeForEveryKind*:*StructureSizes.*"),
    Mutant("missing_tail_of_lanes", "src/cpu/lanes.hpp",
           "    for (int64_t lane = 0; i + lane < n; ++lane) body(lane, i + lane);\n", "", "ops", "*SmallShapes.AgreeForEveryKind*:*StructureSizes.*", sample=True),
    Mutant("chunk_dropped_at_the_end", "src/cpu/tree.hpp",
           "count(divide_up(elements, size)) {}", "count(elements < size ? 1 : elements / size) {}", "ops", "*SmallShapes.AgreeForEveryKind*:*StructureSizes.*"),
    Mutant("column_block_off_by_one", "src/cpu/cells.hpp",
           "const int64_t end = std::min(begin + width_, row_begin + row_);",
           "const int64_t end = std::min(begin + width_ - 1, row_begin + row_);", "ops", "*SmallShapes.AgreeForEveryKind*:*StructureSizes.*"),
    # ---- Elementwise ----
    Mutant("mean_tail_dropped", "src/cpu/coefficients.hpp",
           "tail = static_cast<Acc>(mean - static_cast<double>(head));", "tail = Acc(0);", "ops", "ArithmeticRules.XhatIsRightWhereScaleAndShift*", sample=True),
    Mutant("swapped_gamma_and_beta", "kernels/elementwise.cuh",
           "return gamma * xhat + beta;", "return beta * xhat + gamma;", "ops", "*SmallShapes.AgreeForEveryKind*:*StructureSizes.*"),
    Mutant("relu_hides_nan", "kernels/elementwise.cuh",
           "!(value <= Acc(0)) ? value : Acc(0)", "value > Acc(0) ? value : Acc(0)", "ops", "*NanContainment.*"),
    Mutant("residual_after_activation", "src/cpu/apply_forward.cpp",
           "values[i] = value(i) + z[i];", "values[i] = relu(value(i)) + z[i];", "ops", "*SmallShapes.AgreeForEveryKind*:*StructureSizes.*"),
    Mutant("raw_mean_in_apply", "src/cpu/finalize.cpp",
           "split_mean(vectors.shrunk_mean[q], coefficients.mean_head[cell],",
           "split_mean(vectors.mean[q], coefficients.mean_head[cell],", "ops", "*SmallShapes.AgreeForEveryKind*:*StructureSizes.*"),
    Mutant("half_rounds_down", "kernels/scalar.cuh",
           "(magnitude + 0xfffu + ((magnitude >> 13) & 1u) - 0x38000000u) >> 13", "(magnitude - 0x38000000u) >> 13",
           "unit", "*Scalar*"),
    Mutant("parameter_of_wrong_cell", "src/core/problem.hpp",
           "return cell % shape.parameters;", "return cell / cells_per_statistic % shape.parameters;", "ops", "*SmallShapes.AgreeForEveryKind*:*StructureSizes.*"),
    # ---- Shrinkage ----
    Mutant("shrinks_two_statistics", "kernels/shrink.cuh",
           "if (stein_mean && statistics < 3)", "if (stein_mean && statistics < 2)", "ops", "*NanContainment.*"),
    Mutant("stein_corrected_constant", "kernels/shrink.cuh",
           "shrink_towards_zero(shrinkage, sums, 3);", "shrink_towards_zero(shrinkage, sums, 2);", "ops", "*SmallShapes.AgreeForEveryKind*:*StructureSizes.*"),
    Mutant("rho_not_clamped", "kernels/shrink.cuh", "if (rho > 1) rho = 1;", "if (rho > 1) rho = rho;", "ops", "*Degenerate.EqualStatistics*"),
    Mutant("unscaled_squares", "kernels/shrink.cuh",
           "return std::ldexp(1.0, exponent < -1000 ? 1000 : -exponent);", "return 1;", "ops", "RangeOfDouble.*"),
    Mutant("lasso_threshold_hides_nan", "kernels/shrink.cuh",
           "if (std::fabs(theta) <= shrinkage.threshold) return 0;  // false for NaN, which goes on",
           "if (!(std::fabs(theta) > shrinkage.threshold)) return 0;", "ops", "*NanContainment.*"),
    Mutant("zero_variance_divides", "kernels/shrink.cuh",
           "return sum == 0 ? 0 : 1 / std::sqrt(sum);", "return 1 / std::sqrt(sum);", "ops", "*Degenerate.ConstantStatisticsWithEpsilonZero*:*Degenerate.OneConstantStatistic*"),
    Mutant("float_sums_over_k", "src/cpu/finalize.cpp",
           "    double chains[kChains] = {};\n", "    float chains[kChains] = {};\n", "ops", "ArithmeticRules.ShrinkageOfAHundredThousandStatistics*", sample=True),
    # ---- Backward ----
    Mutant("no_gradient_through_shrinkage", "src/cpu/finalize.cpp",
           "shared_gradient(of_mean, u_sums, mean[k]) / r) /", "0 * shared_gradient(of_mean, u_sums, mean[k]) / r) /",
           "ops", "*GradientCheck.*", sample=True),
    Mutant("inner_sum_unweighted", "kernels/shrink.cuh",
           "(1 - shrinkage.ratio * (theta * shrinkage.scale))", "(1 - shrinkage.ratio * theta)", "ops", "*GradientCheck.*"),
    Mutant("shift_of_means_forgotten", "src/cpu/finalize.cpp",
           "const double shift = mean[k] - vectors.shrunk_mean[first + k];", "const double shift = 0;", "ops", "*GradientCheck.*"),
    Mutant("dgamma_not_about_shrunk_mean", "src/cpu/finalize.cpp",
           "const double shift = fixed ? 0 : vectors.mean[q] - vectors.shrunk_mean[q];", "const double shift = 0;",
           "ops", "*SmallShapes.AgreeForEveryKind*:*StructureSizes.*"),
    Mutant("fixed_statistics_shifted", "src/cpu/finalize.cpp",
           "const double *centres = fixed ? vectors.shrunk_mean : vectors.mean;",
           "const double *centres = vectors.mean;", "ops", "*RunningRaw.*"),
    Mutant("row_block_counted_down", "src/cpu/finalize.cpp",
           "const int64_t blocks = divide_up(problem.cells, kRowBlock);",
           "const int64_t blocks = std::max<int64_t>(1, problem.cells / kRowBlock);", "ops", "*SmallShapes.AgreeForEveryKind*:*StructureSizes.*"),
    Mutant("wrong_mask_bit", "src/cpu/mask.hpp",
           "merge_word(e / 32, bits << (e % 32));", "merge_word(e / 32, bits);", "ops", "Mask.*:*Mask*", sample=True),
    Mutant("mask_not_cleared", "src/cpu/forward.cpp",
           "        clear_mask(call.mask, call.x.layout);\n        const View x_view", "        const View x_view",
           "ops", "Mask.*:*Mask*"),
    Mutant("mask_words_not_merged", "src/cpu/mask.hpp",
           "if (count == 32) {", "if (count >= 1) {", "ops", "Mask.*:*Mask*"),
    # ---- Running statistics ----
    Mutant("factor_weighs_the_old", "src/cpu/finalize.cpp",
           "double value = factor * (weight * current[k]);", "double value = (1 - factor) * (weight * current[k]);",
           "ops", "*Running*"),
    Mutant("old_read_at_factor_one", "src/cpu/finalize.cpp",
           "if (factor != 1) value +=", "value +=", "ops", "*Running*"),
    Mutant("correction_for_ridge", "src/cpu/finalize.cpp",
           "norm.variance_estimator == JSNORM_ESTIMATOR_GRAND_MEAN);",
           "norm.variance_estimator == JSNORM_ESTIMATOR_GRAND_MEAN ||\n"
           "                            norm.variance_estimator == JSNORM_ESTIMATOR_RIDGE);", "ops", "*Running*"),
    Mutant("empty_batch_updates", "src/cpu/finalize.cpp",
           "const bool keep = elements == 0;", "const bool keep = false;", "ops", "*PhasesOfNothing.*:*Degenerate.EmptyTensors*"),
    # ---- Layouts and offsets ----
    Mutant("int32_offset", "src/core/view.cpp",
           "offset += index % size[axis] * stride[axis][operand];",
           "offset += static_cast<int32_t>(index % size[axis] * stride[axis][operand]);", "ops", "*LargeOffset.*", sample=True),
    Mutant("int32_offset_of_the_outer_axis", "src/core/view.cpp",
           "return offset + index * stride[0][operand];",
           "return offset + static_cast<int32_t>(index * stride[0][operand]);", "ops", "*LargeOffset.*"),
    Mutant("parameters_wrap_in_a_run", "src/core/view.cpp",
           "if (i == barrier) may_merge = false;", "(void)barrier;", "ops", "*OneElementPerChannel*"),
    Mutant("chunks_share_a_partial", "src/cpu/statistics.cpp",
           "MeanM2 *result = partials + chunk * problem.cells + block.begin;",
           "MeanM2 *result = partials + block.begin;", "ops", "*SmallShapes.AgreeForEveryKind*:*StructureSizes.*"),
    # ---- Phases ----
    Mutant("empty_part_counts", "src/cpu/phases.cpp",
           "total_count += record_at(records, stride, i)->count;",
           "total_count += std::max<int64_t>(1, record_at(records, stride, i)->count);", "ops", "*Phases.OfEmptyParts*",
           sample=True),
    Mutant("global_sums_for_local_gradients", "src/cpu/phases.cpp",
           "if (local && call.local_sums != nullptr) {", "if (false) {", "ops", "*PhasesScope.*"),
    # ---- The API ----
    Mutant("workspace_size_not_checked", "src/api/arguments.cpp",
           "JSNORM_REQUIRE(bytes >= needed, JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT,",
           "JSNORM_REQUIRE(bytes >= 1, JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT,", "api", "*BadWorkspace.TooFewBytes*", sample=True),
    Mutant("overlap_not_seen", "src/api/arguments.cpp",
           "if (a.gapless && b.gapless) return true;", "if (a.gapless && b.gapless) return false;", "api", "*Aliasing.EveryOverlap*"),
    Mutant("struct_tail_ignored", "src/api/arguments.cpp",
           "JSNORM_REQUIRE(bytes[i] == 0, JSNORM_STATUS_BAD_PARAM,", "JSNORM_REQUIRE(true, JSNORM_STATUS_BAD_PARAM,",
           "api", "*ArgsStruct.AnyOtherUnknownTail*"),
    Mutant("norm_never_freezes", "src/api/arguments.cpp",
           "    norm->used.store(true, std::memory_order_relaxed);\n", "    (void)norm;\n", "api", "*NormFreeze.*"),
    Mutant("alignment_not_checked", "src/api/arguments.cpp",
           "reinterpret_cast<uintptr_t>(data) % alignment == 0", "data != nullptr", "api", "*BadPointer.PointerBelowTheAlignment*"),
    Mutant("dims_not_compared", "src/api/arguments.cpp",
           "JSNORM_REQUIRE(layout.dims[axis] == x.dims[axis], JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH,",
           "JSNORM_REQUIRE(layout.dims[axis] >= 0, JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH,", "api", "*BadTensorDescriptor.SizeThatDiffers*"),
]
