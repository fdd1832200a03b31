// SPDX-License-Identifier: Apache-2.0

#include "tests/support/api_call.hpp"

#include <map>
#include <stdexcept>

#include "tests/support/float_types.hpp"

namespace jsnorm::test {
namespace {

void set_up(jsnormNormDescriptor_t norm, const Case &problem,
            jsnormParameterGradientScope_t scope) {
    require(jsnormSetNormEstimators(norm, problem.mean_estimator, problem.variance_estimator),
            "jsnormSetNormEstimators");
    require(jsnormSetNormLambda(norm, problem.lambda), "jsnormSetNormLambda");
    require(jsnormSetNormEpsilon(norm, problem.epsilon), "jsnormSetNormEpsilon");
    require(jsnormSetNormEffectiveFraction(norm, problem.effective_fraction),
            "jsnormSetNormEffectiveFraction");
    require(jsnormSetNormActivation(norm, problem.activation), "jsnormSetNormActivation");
    if (problem.kind == JSNORM_LAYER_NORM) {
        require(jsnormSetNormFirstNormalizedAxis(norm, problem.first_normalized_axis),
                "jsnormSetNormFirstNormalizedAxis");
        require(jsnormSetNormStatisticsPerGroup(norm, problem.statistics_per_group),
                "jsnormSetNormStatisticsPerGroup");
    }
    if (problem.kind == JSNORM_GROUP_NORM)
        require(jsnormSetNormGroupCount(norm, problem.group_count), "jsnormSetNormGroupCount");
    if (!is_batch_kind(problem.kind)) return;
    require(jsnormSetNormRunningStatistics(norm, problem.running_mode,
                                           problem.running_variance_correction),
            "jsnormSetNormRunningStatistics");
    require(jsnormSetNormParameterGradientScope(norm, scope),
            "jsnormSetNormParameterGradientScope");
}

std::unique_ptr<TensorDescriptor> vector_desc(std::optional<jsnormDataType_t> type, int64_t count) {
    if (!type) return nullptr;
    return std::make_unique<TensorDescriptor>(*type, std::vector<int64_t>{count});
}

std::map<jsnormBackend_t, std::unique_ptr<Handle>> &shared_handles() {
    static std::map<jsnormBackend_t, std::unique_ptr<Handle>> handles;
    return handles;
}

}  // namespace

jsnormHandle_t shared_handle(jsnormBackend_t backend) {
    std::unique_ptr<Handle> &handle = shared_handles()[backend];
    if (!handle) handle = std::make_unique<Handle>(backend);
    return handle->get();
}

void forget_shared_handle(jsnormBackend_t backend) {
    shared_handles().erase(backend);
}

Session::Session(const Case &c, const RunOptions &o, jsnormParameterGradientScope_t scope)
    : problem(c),
      options(o),
      view(view_of(c)),
      memory(memory_of(o.backend)),
      handle(shared_handle(o.backend)),
      norm(c.kind),
      x_desc(o.type, c.dims, strides_of(o.layout, c.dims)),
      second_desc(o.type, c.dims, strides_of(o.second_layout.value_or(o.layout), c.dims)),
      parameter_type(o.parameter_type.value_or(default_parameter_type(o.type))),
      running_type(o.running_type.value_or(default_parameter_type(o.type))),
      parameter_desc_(vector_desc(o.parameter_type, view.parameter_count)),
      running_desc_(vector_desc(o.running_type, view.statistics_per_group)) {
    if (o.backend == JSNORM_BACKEND_CPU)
        require(jsnormSetThreadCount(handle, o.thread_count), "jsnormSetThreadCount");
    set_up(norm.get(), c, scope);
    View theirs;
    require(jsnormGetStatisticsShape(norm.get(), x_desc.get(), &theirs.groups,
                                     &theirs.statistics_per_group, &theirs.elements_per_statistic,
                                     &theirs.parameter_count),
            "jsnormGetStatisticsShape");
    if (theirs.groups != view.groups || theirs.statistics_per_group != view.statistics_per_group ||
        theirs.elements_per_statistic != view.elements_per_statistic ||
        theirs.parameter_count != view.parameter_count)
        throw std::runtime_error("jsnormGetStatisticsShape: another view than the oracle's");
}

jsnormTensorDescriptor_t Session::parameter_desc() const {
    return parameter_desc_ ? parameter_desc_->get() : nullptr;
}

jsnormTensorDescriptor_t Session::running_desc() const {
    return running_desc_ ? running_desc_->get() : nullptr;
}

Layout Session::second_layout() const {
    return options.second_layout.value_or(options.layout);
}

void *Call::add(const char *name, Role role, Member member, const Values *values,
                jsnormDataType_t type, const std::vector<int64_t> &dims, Layout layout) {
    TensorBuffer buffer(session_.memory, type, dims, layout, session_.options.misalign_elements);
    if (values != nullptr) buffer.write(*values);
    tensors_.push_back({name, role, member, std::move(buffer)});
    return tensors_.back().buffer.data();
}

const void *Call::tensor(const char *name, const Values &values, Layout layout) {
    return add(name, Role::Input, nullptr, &values, session_.options.type, session_.problem.dims,
               layout);
}

void *Call::new_tensor(const char *name, Member member, Layout layout) {
    return add(name, Role::Output, member, nullptr, session_.options.type, session_.problem.dims,
               layout);
}

void *Call::tensor_over(const char *name, Member member, const Values &values, Layout layout) {
    return add(name, Role::Both, member, &values, session_.options.type, session_.problem.dims,
               layout);
}

const void *Call::vector(const char *name, const Values &values, jsnormDataType_t type) {
    if (values.empty()) return nullptr;
    return add(name, Role::Input, nullptr, &values, type, {static_cast<int64_t>(values.size())},
               Layout::Packed);
}

const double *Call::doubles(const char *name, const Values &values) {
    return static_cast<const double *>(add(name, Role::Input, nullptr, &values, JSNORM_DOUBLE,
                                           {static_cast<int64_t>(values.size())}, Layout::Packed));
}

void *Call::new_vector(const char *name, Member member, int64_t count, jsnormDataType_t type) {
    return add(name, Role::Output, member, nullptr, type, {count}, Layout::Packed);
}

void *Call::vector_over(const char *name, Member member, const Values &values,
                        jsnormDataType_t type) {
    return add(name, Role::Both, member, &values, type, {static_cast<int64_t>(values.size())},
               Layout::Packed);
}

const void *Call::bytes(const char *name, const Bytes &bytes, size_t element_size) {
    const size_t offset = static_cast<size_t>(session_.options.misalign_elements) * element_size;
    blocks_.push_back({name, false, bytes, GuardedBuffer(session_.memory, bytes.size(), offset)});
    blocks_.back().buffer.write(bytes.data(), bytes.size());
    return blocks_.back().buffer.data();
}

void *Call::new_bytes(const char *name, size_t count, size_t element_size) {
    const size_t offset = static_cast<size_t>(session_.options.misalign_elements) * element_size;
    blocks_.push_back({name, true, {}, GuardedBuffer(session_.memory, count, offset)});
    return blocks_.back().buffer.data();
}

void Call::workspace(jsnormOperation_t operation, void *&pointer, size_t &size) {
    require(jsnormGetWorkspaceSize(session_.handle, session_.norm.get(), session_.x_desc.get(),
                                   operation, &size),
            "jsnormGetWorkspaceSize");
    size += session_.options.workspace_extra;
    pointer = nullptr;
    if (size == 0) return;
    GuardedBuffer buffer(session_.memory, size, 0, session_.options.workspace_fill);
    buffer.forget();
    blocks_.push_back({nullptr, true, {}, std::move(buffer)});
    pointer = blocks_.back().buffer.data();
}

void Call::finish(RunResult &result) const {
    for (const Tensor &tensor : tensors_) {
        if (tensor.role == Role::Input) {
            tensor.buffer.check_input(tensor.name);
            continue;
        }
        tensor.buffer.check_output(tensor.name);
        result.raw[tensor.name] = tensor.buffer.read_bytes();
        if (tensor.member != nullptr) result.*tensor.member = tensor.buffer.read();
    }
    for (const Block &block : blocks_) {
        const std::string name = block.name != nullptr ? block.name : "workspace";
        block.buffer.check_guards(name);
        if (!block.output && block.buffer.read() != block.written)
            throw std::runtime_error(name + ": an input was written");
        if (block.output && block.name != nullptr) result.raw[name] = block.buffer.read();
    }
}

}  // namespace jsnorm::test
