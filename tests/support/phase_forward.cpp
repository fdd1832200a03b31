// SPDX-License-Identifier: Apache-2.0

#include "tests/support/float_types.hpp"
#include "tests/support/phase_part.hpp"

namespace jsnorm::test {
namespace {

size_t record_size(const Session &session, jsnormRecordFormat_t format) {
    size_t size = 0;
    require(jsnormGetRecordSize(session.norm.get(), session.x_desc.get(), format, &size),
            "jsnormGetRecordSize");
    return size;
}

// SUMS_FLOAT is what a convolution's epilogue emits; here the epilogue is this loop.
Bytes epilogue_record(const Session &session) {
    Bytes record(record_size(session, JSNORM_RECORD_SUMS_FLOAT));
    const auto K = static_cast<size_t>(session.view.statistics_per_group);
    const jsnormRecordHeader_t header = {session.view.elements_per_statistic,
                                         JSNORM_RECORD_SUMS_FLOAT, static_cast<int32_t>(K)};
    Values sums(2 * K);
    const std::vector<int64_t> statistic = statistic_indices(session.problem);
    for (size_t e = 0; e < statistic.size(); ++e) {
        const double x = round_to(session.options.type, session.problem.x[e]);
        sums[static_cast<size_t>(statistic[e])] += x;
        sums[K + static_cast<size_t>(statistic[e])] += x * x;
    }
    const std::vector<float> rounded(sums.begin(), sums.end());
    std::memcpy(record.data(), &header, sizeof header);
    if (K > 0)
        std::memcpy(record.data() + sizeof header, rounded.data(), rounded.size() * sizeof(float));
    return record;
}

}  // namespace

Bytes added_records(const Bytes &one, const Bytes &other) {
    jsnormRecordHeader_t header, another;
    std::memcpy(&header, one.data(), sizeof header);
    std::memcpy(&another, other.data(), sizeof another);
    header.count += another.count;
    Bytes sum = one;
    std::memcpy(sum.data(), &header, sizeof header);
    const auto doubles = 2 * static_cast<size_t>(header.statistics_per_group);
    for (size_t i = 0; i < doubles; ++i) {
        const size_t at = sizeof header + 8 * i;
        store(JSNORM_DOUBLE, sum.data() + at,
              load(JSNORM_DOUBLE, one.data() + at) + load(JSNORM_DOUBLE, other.data() + at));
    }
    return sum;
}

void forward_statistics(Part &part, jsnormRecordFormat_t format) {
    const Session &session = part.session;
    if (format == JSNORM_RECORD_SUMS_FLOAT) {
        part.result.raw["record"] = epilogue_record(session);
        return;
    }
    Call call(session);
    jsnormForwardStatisticsArgs_t args;
    require(jsnormForwardStatisticsArgsInit(&args, sizeof args), "jsnormForwardStatisticsArgsInit");
    args.x_desc = session.x_desc.get();
    args.x = call.tensor("x", part.problem.x, session.options.layout);
    args.record = call.new_bytes("record", record_size(session, format));
    args.record_format = format;
    call.workspace(JSNORM_FORWARD_STATISTICS, args.workspace, args.workspace_bytes);
    require(jsnormForwardStatistics(session.handle, session.norm.get(), &args),
            "jsnormForwardStatistics");
    call.finish(part.result);
}

void forward_finalize(Part &part, const Bytes &records, int64_t count,
                      jsnormRecordFormat_t format) {
    const Session &session = part.session;
    Call call(session);
    jsnormForwardFinalizeArgs_t args;
    require(jsnormForwardFinalizeArgsInit(&args, sizeof args), "jsnormForwardFinalizeArgsInit");
    args.x_desc = session.x_desc.get();
    args.records = call.bytes("records", records);
    args.record_count = count;
    args.record_format = format;
    fill_statistics(session, call, args);
    args.total_count =
        static_cast<int64_t *>(call.new_bytes("total_count", sizeof(int64_t), sizeof(int64_t)));
    fill_running(session, call, args);
    size_t bytes = 0;
    require(jsnormGetForwardCoefficientSize(session.norm.get(), session.x_desc.get(), &bytes),
            "jsnormGetForwardCoefficientSize");
    args.coefficients = call.new_bytes("forward_coefficients", bytes);
    call.workspace(JSNORM_FORWARD_FINALIZE, args.workspace, args.workspace_bytes);
    require(jsnormForwardFinalize(session.handle, session.norm.get(), &args),
            "jsnormForwardFinalize");
    call.finish(part.result);
}

void forward_apply(Part &part) {
    const Session &session = part.session;
    const Bytes coefficients = part.result.raw.at("forward_coefficients");
    Call call(session);
    jsnormForwardApplyArgs_t args;
    require(jsnormForwardApplyArgsInit(&args, sizeof args), "jsnormForwardApplyArgsInit");
    fill_forward(session, call, "y", &Result::y, args);
    fill_new_mask(session, call, "mask", args);
    args.coefficients = call.bytes("forward_coefficients", coefficients);
    call.workspace(JSNORM_FORWARD_APPLY, args.workspace, args.workspace_bytes);
    require(jsnormForwardApply(session.handle, session.norm.get(), &args), "jsnormForwardApply");
    call.finish(part.result);
}

}  // namespace jsnorm::test
