# SPDX-License-Identifier: Apache-2.0
"""PyTorch's modules with another forward: the same parameters, buffers and state_dicts. forward takes a
residual z."""

from torch import nn

from jsnorm.torch import functional


class _Shrunk:
    """estimator, lambda_, effective_fraction: see jsnorm.Norm. relu: whether forward ends in a ReLU."""

    def __init__(self, *arguments, estimator="james_stein", relu=False, lambda_=0.0,
                 effective_fraction=1.0, **named):
        super().__init__(*arguments, **named)
        self.estimator = estimator
        self.relu = relu
        self.lambda_ = lambda_
        self.effective_fraction = effective_fraction

    @property
    def _settings(self):
        return {"estimator": self.estimator, "relu": self.relu, "lambda_": self.lambda_,
                "effective_fraction": self.effective_fraction}

    def extra_repr(self):
        usual = {"relu": False, "lambda_": 0.0, "effective_fraction": 1.0}
        shown = [f"{name}={value!r}" for name, value in self._settings.items()
                 if name not in usual or value != usual[name]]
        return ", ".join([super().extra_repr(), *shown])


class _JSBatchNorm(_Shrunk):
    def forward(self, input, z=None):
        self._check_input_dim(input)
        factor = 0.0 if self.momentum is None else self.momentum
        if self.training and self.track_running_stats and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:  # the average of all batches
                factor = 1.0 / float(self.num_batches_tracked)
        of_batch = self.training or self.running_mean is None
        tracks = not self.training or self.track_running_stats
        return functional.batch_norm(
            input, self.running_mean if tracks else None, self.running_var if tracks else None,
            self.weight, self.bias, of_batch, factor, self.eps, z=z, **self._settings)


class JSBatchNorm1d(_JSBatchNorm, nn.BatchNorm1d):
    """nn.BatchNorm1d, shrunk over the channels."""


class JSBatchNorm2d(_JSBatchNorm, nn.BatchNorm2d):
    """nn.BatchNorm2d, shrunk over the channels."""


class JSBatchNorm3d(_JSBatchNorm, nn.BatchNorm3d):
    """nn.BatchNorm3d, shrunk over the channels."""


class _JSInstanceNorm(_Shrunk):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        if self.track_running_stats:
            raise NotImplementedError("instance norms have no running statistics here")

    def forward(self, input, z=None):
        self._check_input_dim(input)
        batched = input.dim() == self._get_no_batch_dim() + 1
        x = input if batched else input.unsqueeze(0)
        residual = z if batched or z is None else z.unsqueeze(0)
        y = functional.instance_norm(x, None, None, self.weight, self.bias, True, 0.0, self.eps,
                                     z=residual, **self._settings)
        return y if batched else y.squeeze(0)


class JSInstanceNorm1d(_JSInstanceNorm, nn.InstanceNorm1d):
    """nn.InstanceNorm1d, shrunk over the channels of a sample."""


class JSInstanceNorm2d(_JSInstanceNorm, nn.InstanceNorm2d):
    """nn.InstanceNorm2d, shrunk over the channels of a sample: the layer norm of the James-Stein
    paper."""


class JSInstanceNorm3d(_JSInstanceNorm, nn.InstanceNorm3d):
    """nn.InstanceNorm3d, shrunk over the channels of a sample."""


class JSLayerNorm(_Shrunk, nn.LayerNorm):
    """nn.LayerNorm, shrunk over the rows of a sample. A row then depends on the others: not for causal
    models."""

    def forward(self, input, z=None):
        return functional.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps,
                                     z=z, **self._settings)


class JSGroupNorm(_Shrunk, nn.GroupNorm):
    """nn.GroupNorm, shrunk over the groups of a sample."""

    def forward(self, input, z=None):
        return functional.group_norm(input, self.num_groups, self.weight, self.bias, self.eps, z=z,
                                     **self._settings)
