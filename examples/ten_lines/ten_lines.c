/* SPDX-License-Identifier: Apache-2.0
 * The idea: the smallest complete program. Batch norm of 8 samples of 4 channels, every status
 * checked. The channels' means are 1, 2, 3, 4; James-Stein moves them only part of the way to 0. */
#include <jsnorm/jsnorm.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(call)                                                                \
    do {                                                                           \
        if ((call) != JSNORM_STATUS_SUCCESS) {                                     \
            fprintf(stderr, "%s failed: %s\n", #call, jsnormGetLastErrorString()); \
            return 1;                                                              \
        }                                                                          \
    } while (0)

enum { kSamples = 8, kChannels = 4 };

int main(void) {
    float x[kSamples][kChannels], y[kSamples][kChannels];
    for (int n = 0; n < kSamples; ++n) {
        for (int c = 0; c < kChannels; ++c) x[n][c] = (float)(c + 1 + (n % 2 ? 1 : -1));
    }

    jsnormHandle_t handle;
    jsnormTensorDescriptor_t desc;
    jsnormNormDescriptor_t norm;
    const int64_t dims[2] = {kSamples, kChannels};
    CHECK(jsnormCreate(&handle, JSNORM_BACKEND_CPU));
    CHECK(jsnormCreateTensorDescriptor(&desc));
    CHECK(jsnormSetTensorDescriptor(desc, JSNORM_FLOAT, 2, dims, NULL));
    CHECK(jsnormCreateNormDescriptor(&norm, JSNORM_BATCH_NORM));

    double measured_mean[kChannels], used_mean[kChannels];
    jsnormForwardTrainingArgs_t args;
    CHECK(jsnormForwardTrainingArgsInit(&args, sizeof args));
    args.x_desc = desc;
    args.x = x;
    args.y_desc = desc;
    args.y = y;
    args.saved_mean = measured_mean;
    args.shrunk_mean = used_mean;
    CHECK(
        jsnormGetWorkspaceSize(handle, norm, desc, JSNORM_FORWARD_TRAINING, &args.workspace_bytes));
    args.workspace = malloc(args.workspace_bytes);
    CHECK(jsnormForwardTraining(handle, norm, &args));

    printf("channel   mean  shrunk to   mean and variance of the output\n");
    for (int c = 0; c < kChannels; ++c) {
        double sum = 0.0, squares = 0.0;
        for (int n = 0; n < kSamples; ++n) {
            sum += y[n][c];
            squares += (double)y[n][c] * y[n][c];
        }
        const double mean = sum / kSamples;
        printf("%7d %6.3f %10.3f %8.4f %8.4f\n", c, measured_mean[c], used_mean[c], mean,
               squares / kSamples - mean * mean);
    }

    free(args.workspace);
    CHECK(jsnormDestroyNormDescriptor(norm));
    CHECK(jsnormDestroyTensorDescriptor(desc));
    CHECK(jsnormDestroy(handle));
    return 0;
}
