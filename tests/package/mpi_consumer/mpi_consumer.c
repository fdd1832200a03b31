/* SPDX-License-Identifier: Apache-2.0
 * A synchronized batch norm of one process, by the installed libjsnorm_mpi. */
#include <jsnorm/jsnorm_mpi.h>
#include <stdio.h>
#include <stdlib.h>

static int check(jsnormStatus_t status) {
    if (status != JSNORM_STATUS_SUCCESS) {
        fprintf(stderr, "%s: %s\n", jsnormGetStatusString(status), jsnormMpiGetLastErrorString());
        exit(1);
    }
    return 0;
}

int main(int argc, char **argv) {
    const int64_t dims[2] = {2, 4};
    const float x[8] = {1, 2, 3, 4, 3, 4, 5, 6};
    float y[8] = {0};
    double mean[4] = {0};
    int k, wrong = 0;
    jsnormHandle_t handle;
    jsnormTensorDescriptor_t desc;
    jsnormNormDescriptor_t norm;
    jsnormForwardTrainingArgs_t args;

    MPI_Init(&argc, &argv);
    check(jsnormCreate(&handle, JSNORM_BACKEND_CPU));
    check(jsnormCreateTensorDescriptor(&desc));
    check(jsnormSetTensorDescriptor(desc, JSNORM_FLOAT, 2, dims, NULL));
    check(jsnormCreateNormDescriptor(&norm, JSNORM_BATCH_NORM));
    check(jsnormForwardTrainingArgsInit(&args, sizeof args));
    args.x_desc = args.y_desc = desc;
    args.x = x;
    args.y = y;
    args.saved_mean = mean;
    check(jsnormMpiGetWorkspaceSize(handle, norm, desc, JSNORM_FORWARD_TRAINING, MPI_COMM_WORLD,
                                    &args.workspace_bytes));
    args.workspace = malloc(args.workspace_bytes);
    check(jsnormMpiForwardTraining(handle, norm, &args, MPI_COMM_WORLD));
    for (k = 0; k < 4; k++) wrong += mean[k] != k + 2;
    printf("libjsnorm_mpi: %d wrong means\n", wrong);
    free(args.workspace);
    jsnormDestroyNormDescriptor(norm);
    jsnormDestroyTensorDescriptor(desc);
    jsnormDestroy(handle);
    MPI_Finalize();
    return wrong != 0;
}
