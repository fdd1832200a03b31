// SPDX-License-Identifier: Apache-2.0
// The C functions of jsnorm_mpi.h.
#include "jsnorm/jsnorm_mpi.h"

#include "src/distributed/error.hpp"
#include "src/distributed/mpi/mpi_engine.hpp"
#include "src/distributed/operations.hpp"

namespace {

namespace distributed = jsnorm::distributed;

// Names the function, opens the communicator and runs `operation(engine)`.
template <class Operation>
jsnormStatus_t on_communicator(const char *function, MPI_Comm comm, Operation operation) {
    const distributed::Named named(function);
    JSNORM_DISTRIBUTED_TRY(distributed::check_communicator(comm));
    distributed::MpiEngine engine;
    JSNORM_DISTRIBUTED_TRY(engine.open(comm));
    return operation(engine);
}

}  // namespace

jsnormStatus_t jsnormMpiGetWorkspaceSize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                         jsnormTensorDescriptor_t x_desc,
                                         jsnormOperation_t operation, MPI_Comm comm,
                                         size_t *bytes) {
    const distributed::Named named("jsnormMpiGetWorkspaceSize");
    int64_t ranks = 0;
    JSNORM_DISTRIBUTED_TRY(distributed::check_communicator(comm));
    JSNORM_DISTRIBUTED_TRY(distributed::communicator_size(comm, ranks));
    return distributed::workspace_size(handle, norm, x_desc, operation, ranks, {}, bytes);
}

jsnormStatus_t jsnormMpiForwardTraining(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                        const jsnormForwardTrainingArgs_t *args, MPI_Comm comm) {
    return on_communicator("jsnormMpiForwardTraining", comm, [&](distributed::Engine &engine) {
        return distributed::forward_training(handle, norm, args, engine, {});
    });
}

jsnormStatus_t jsnormMpiBackward(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                 const jsnormBackwardArgs_t *args, MPI_Comm comm) {
    return on_communicator("jsnormMpiBackward", comm, [&](distributed::Engine &engine) {
        return distributed::backward(handle, norm, args, engine, {});
    });
}

const char *jsnormMpiGetLastErrorString(void) {
    return distributed::last_error();
}
