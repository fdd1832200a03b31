/* SPDX-License-Identifier: Apache-2.0
 * A program outside of the project: an ordinary batch norm of known numbers, by the installed
 * library. */
#include <jsnorm/jsnorm.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    /* Two samples, three channels, two elements each: every channel holds m-1, m+1, m-1, m+1. */
    const float x[12] = {4, 6, -1, 1, 99, 101, 4, 6, -1, 1, 99, 101};
    const int64_t dims[3] = {2, 3, 2};
    float y[12];
    double largest_error = 0;
    jsnormHandle_t handle;
    jsnormTensorDescriptor_t desc;
    jsnormNormDescriptor_t norm;
    jsnormForwardTrainingArgs_t args;
    jsnormStatus_t status;
    size_t bytes = 0;
    int i;

    if (jsnormCreate(&handle, JSNORM_BACKEND_CPU) || jsnormCreateTensorDescriptor(&desc) ||
        jsnormSetTensorDescriptor(desc, JSNORM_FLOAT, 3, dims, NULL) ||
        jsnormCreateNormDescriptor(&norm, JSNORM_BATCH_NORM) ||
        jsnormSetNormEstimators(norm, JSNORM_ESTIMATOR_NONE, JSNORM_ESTIMATOR_NONE) ||
        jsnormSetNormEpsilon(norm, 0.0) ||
        jsnormGetWorkspaceSize(handle, norm, desc, JSNORM_FORWARD_TRAINING, &bytes) ||
        jsnormForwardTrainingArgsInit(&args, sizeof args)) {
        printf("set-up failed: %s\n", jsnormGetLastErrorString());
        return 1;
    }
    args.x_desc = args.y_desc = desc;
    args.x = x;
    args.y = y;
    args.workspace = malloc(bytes);
    args.workspace_bytes = bytes;
    status = jsnormForwardTraining(handle, norm, &args);

    for (i = 0; i < 12; i++) {
        const double error = y[i] - (i % 2 ? 1.0 : -1.0);
        if (!(error <= largest_error)) largest_error = error;
        if (!(-error <= largest_error)) largest_error = -error;
    }
    printf("%s: %s, largest error %g\n", jsnormGetVersionString(), jsnormGetStatusString(status),
           largest_error);
    free(args.workspace);
    jsnormDestroyNormDescriptor(norm);
    jsnormDestroyTensorDescriptor(desc);
    jsnormDestroy(handle);
    return !(status == JSNORM_STATUS_SUCCESS && largest_error < 1e-6);
}
