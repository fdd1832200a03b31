# SPDX-License-Identifier: Apache-2.0
"""What is computed: the settings of a layer, as a value."""

import dataclasses
import functools
import weakref

from jsnorm import _api
from jsnorm._library import check, create, library

KINDS = {
    "batch": _api.NormKind.BATCH_NORM,
    "batch_per_activation": _api.NormKind.BATCH_NORM_PER_ACTIVATION,
    "instance": _api.NormKind.INSTANCE_NORM,
    "layer": _api.NormKind.LAYER_NORM,
    "group": _api.NormKind.GROUP_NORM,
}
ESTIMATORS = {estimator.name.lower(): estimator for estimator in _api.Estimator}
ACTIVATIONS = {activation.name.lower(): activation for activation in _api.Activation}


def _choice(name, value, choices):
    try:
        return choices[value]
    except (KeyError, TypeError):
        raise ValueError(f"{name} is {value!r}, but must be one of {', '.join(choices)}") from None


@dataclasses.dataclass(frozen=True)
class Norm:
    """A layer. Equal settings are equal values, and share one native descriptor.

    kind: "batch", "batch_per_activation", "instance", "layer" or "group".
    estimator: of the vectors of means and of variances, "james_stein", "none" (the ordinary layer),
        "grand_mean", "stein_corrected", "ridge", "lasso" or "sampling"; or a pair (means, variances).
    activation: "none" or "relu".
    lambda_: of "ridge" and "lasso". effective_fraction: of "sampling".
    groups: of a group norm. first_normalized_axis: of a layer norm, negative ones count from the end.
    statistics_per_group: of a layer norm, how many neighbouring rows are shrunk together; 0: those of a
        sample.
    raw_running, biased_running: whether running statistics are kept before shrinkage, and running
        variances without the correction R/(R-1).
    """

    kind: str = "batch"
    estimator: object = "james_stein"
    epsilon: float = 1e-5
    activation: str = "none"
    lambda_: float = 0.0
    effective_fraction: float = 1.0
    groups: int = 1
    first_normalized_axis: int = -1
    statistics_per_group: int = 0
    raw_running: bool = False
    biased_running: bool = False

    def __post_init__(self):
        pair = self.estimator
        if isinstance(pair, str):
            pair = (pair, pair)
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ValueError(f"estimator is {pair!r}, but must be a name or a pair of names")
        object.__setattr__(self, "estimator", tuple(pair))
        _choice("kind", self.kind, KINDS)
        _choice("activation", self.activation, ACTIVATIONS)
        for name in self.estimator:
            _choice("estimator", name, ESTIMATORS)
        object.__setattr__(self, "_hash", hash(dataclasses.astuple(self)))

    def __hash__(self):  # taken once: every call looks for descriptors
        return self._hash

    @property
    def is_batch(self):
        """Whether statistics go over the batch: such layers have running statistics."""
        return self.kind in ("batch", "batch_per_activation")

    @property
    def relu(self):
        return self.activation == "relu"

    @functools.cached_property
    def token(self):
        """The settings as text; Norm.of_token makes an equal value of it."""
        return ";".join(f"{value}" if not isinstance(value, tuple) else ",".join(value)
                        for value in dataclasses.astuple(self))

    @staticmethod
    @functools.lru_cache(maxsize=None)
    def of_token(token):
        values = []
        for field, text in zip(dataclasses.fields(Norm), token.split(";"), strict=True):
            if field.name == "estimator":
                values.append(tuple(text.split(",")))
            elif field.type is bool:
                values.append(text == "True")
            else:
                values.append(field.type(text))
        return Norm(*values)


class Descriptor:
    """The native descriptor of a Norm for tensors of a rank, frozen; threads may share it."""

    def __init__(self, norm, rank):
        self.pointer = create("jsnormCreateNormDescriptor", KINDS[norm.kind])
        weakref.finalize(self, library().jsnormDestroyNormDescriptor, self.pointer)
        api, desc = library(), self.pointer
        check(api.jsnormSetNormEstimators(desc, *(ESTIMATORS[name] for name in norm.estimator)))
        check(api.jsnormSetNormEpsilon(desc, norm.epsilon))
        check(api.jsnormSetNormActivation(desc, ACTIVATIONS[norm.activation]))
        check(api.jsnormSetNormLambda(desc, norm.lambda_))
        check(api.jsnormSetNormEffectiveFraction(desc, norm.effective_fraction))
        if norm.kind == "group":
            check(api.jsnormSetNormGroupCount(desc, norm.groups))
        if norm.kind == "layer":
            first = norm.first_normalized_axis
            check(api.jsnormSetNormFirstNormalizedAxis(desc, first + rank if first < 0 else first))
            if norm.statistics_per_group:
                check(api.jsnormSetNormStatisticsPerGroup(desc, norm.statistics_per_group))
        if norm.is_batch:
            check(api.jsnormSetNormRunningStatistics(desc, int(norm.raw_running),
                                                     int(norm.biased_running)))
        check(api.jsnormFinalizeNormDescriptor(desc))


@functools.lru_cache(maxsize=1024)
def descriptor(norm, rank):
    return Descriptor(norm, rank)
