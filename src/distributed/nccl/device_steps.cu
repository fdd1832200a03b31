// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/nccl/device_steps.hpp"

#include <algorithm>

#include "src/cuda/launch/launch.hpp"
#include "src/distributed/error.hpp"
#include "src/distributed/nccl/copy.hpp"
#include "src/distributed/nccl/kernels.cuh"

namespace jsnorm::distributed {

namespace {

jsnormStatus_t of_cuda(const char *what, const cuda::Error &error) {
    if (!error) return JSNORM_STATUS_SUCCESS;
    return fail(error.device_lost ? JSNORM_STATUS_EXECUTION_FAILED_DEVICE_LOST
                                  : JSNORM_STATUS_EXECUTION_FAILED_CUDA,
                "%s: CUDA error %d, %s", what, error.code, error.text);
}

// Does something while a device is the current one, and makes the caller's current again.
template <class Work>
jsnormStatus_t with_device(int ordinal, const char *what, Work work) {
    int previous = ordinal;
    cuda::Error error = cuda::current_device(previous);
    if (!error && previous != ordinal) error = cuda::set_current_device(ordinal);
    if (error) return of_cuda("making the communicator's device current", error);
    error = work();
    if (previous != ordinal) cuda::set_current_device(previous);
    return of_cuda(what, error);
}

// A thread for each entry, up to a few waves of blocks; kernels walk over the rest.
template <class Args>
jsnormStatus_t launch(const DeviceStream &on, const char *name, void (*kernel)(Args),
                      int64_t entries, const Args &args) {
    constexpr int64_t kMostBlocks = 1024;
    cuda::LaunchShape shape;
    shape.name = name;
    shape.threads = gpu::kFinalizeThreads;
    shape.blocks =
        std::clamp((entries + shape.threads - 1) / shape.threads, int64_t{1}, kMostBlocks);
    shape.stream = on.stream;
    return with_device(on.ordinal, name, [&] { return cuda::launch_kernel(shape, kernel, args); });
}

jsnormRecordHeader_t *header(const void *record) {
    return static_cast<jsnormRecordHeader_t *>(const_cast<void *>(record));
}

jsnormRecordFormat_t format_of(Payload payload) {
    return payload == Payload::kMoments ? JSNORM_RECORD_MOMENTS : JSNORM_RECORD_SUMS;
}

}  // namespace

jsnormStatus_t write_header(const DeviceStream &on, void *record, int64_t count,
                            jsnormRecordFormat_t format, int64_t channels) {
    gpu::WriteHeader args;
    args.record = header(record);
    args.header = {count, format, static_cast<int32_t>(channels)};
    return launch(on, "write_header", gpu::write_header, 1, args);
}

jsnormStatus_t cut_record(const DeviceStream &on, const ExchangeShape &shape, const void *record,
                          double *messages) {
    gpu::CutRecord args;
    args.record = header(record);
    args.messages = messages;
    args.channels = shape.channels;
    args.ranks = shape.ranks;
    args.slot = slot_of(shape);
    return launch(on, "cut_record", gpu::cut_record, shape.channels, args);
}

jsnormStatus_t merge_records(const DeviceStream &on, const ExchangeShape &shape, Payload payload,
                             double *records, const MergedRecord &merged) {
    gpu::MergeParts args;
    args.parts = records;
    args.ranks = shape.ranks;
    args.stride = record_words(shape.channels);
    args.size = shape.channels;
    args.arrays = kRecordHeaderWords;
    args.payload = payload;
    args.merged = first_array(merged.record);
    args.count = merged.total_count;
    args.header = header(merged.record);
    args.format = format_of(payload);
    return launch(on, "merge_parts", gpu::merge_parts, shape.channels, args);
}

jsnormStatus_t merge_messages(const DeviceStream &on, const ExchangeShape &shape, Payload payload,
                              int64_t rank, double *messages, double *merged) {
    gpu::MergeParts args;
    args.parts = messages;
    args.ranks = shape.ranks;
    args.stride = slot_of(shape);
    args.size = slice_of(rank, shape.ranks, shape.channels).size();
    args.arrays = 1;
    args.payload = payload;
    args.count = reinterpret_cast<int64_t *>(merged);
    args.merged = merged + 1;
    args.padding = slot_of(shape) - 1 - 2 * args.size;
    return launch(on, "merge_parts", gpu::merge_parts, args.size, args);
}

jsnormStatus_t place_slices(const DeviceStream &on, const ExchangeShape &shape, Payload payload,
                            double *slices, const MergedRecord &merged) {
    gpu::PlaceSlices args;
    args.slices = slices;
    args.channels = shape.channels;
    args.ranks = shape.ranks;
    args.slot = slot_of(shape);
    args.record = header(merged.record);
    args.format = format_of(payload);
    args.total_count = merged.total_count;
    return launch(on, "place_slices", gpu::place_slices, shape.channels, args);
}

jsnormStatus_t repeat_record(const DeviceStream &on, int64_t channels, const double *mean,
                             const double *variance, const MergedRecord &whole) {
    gpu::RepeatRecord args;
    args.mean = mean;
    args.variance = variance;
    args.total_count = whole.total_count;
    args.channels = channels;
    args.record = header(whole.record);
    return launch(on, "repeat_record", gpu::repeat_record, channels, args);
}

jsnormStatus_t copy_to_device(const DeviceStream &on, void *device, const void *host,
                              size_t bytes) {
    return with_device(on.ordinal, "copying to the scratch memory",
                       [&] { return copy_up(on.stream, device, host, bytes); });
}

jsnormStatus_t copy_to_host(const DeviceStream &on, void *host, const void *device, size_t bytes) {
    return with_device(on.ordinal, "copying from the scratch memory",
                       [&] { return copy_down(on.stream, host, device, bytes); });
}

}  // namespace jsnorm::distributed
