# SPDX-License-Identifier: Apache-2.0
"""Networks with PyTorch's batch norms -> the same with ours, and back."""

from torch import nn

from jsnorm.torch.modules import JSBatchNorm1d, JSBatchNorm2d, JSBatchNorm3d

_PAIRS = ((nn.BatchNorm1d, JSBatchNorm1d), (nn.BatchNorm2d, JSBatchNorm2d),
          (nn.BatchNorm3d, JSBatchNorm3d))


def _replaced(module, kinds, made, **settings):
    """made: the replacements so far by what they replace, since a layer may stand in several places."""
    if module in made:
        return made[module]
    for old, new in kinds:
        if type(module) is old:
            layer = new(module.num_features, module.eps, module.momentum, module.affine,
                        module.track_running_stats, **settings)
            # The very same parameters and buffers: optimizers keep them.
            layer._parameters, layer._buffers = module._parameters, module._buffers
            layer.training = module.training
            made[module] = layer
            return layer
    made[module] = module
    for name, child in module._modules.items():  # named_children() leaves out what comes again
        if child is not None:
            setattr(module, name, _replaced(child, kinds, made, **settings))
    return module


def convert_batchnorm(module, estimator="james_stein", **settings):
    """Replaces every nn.BatchNorm1d, 2d and 3d below module, which is returned (or, being one itself, its
    replacement is). Parameters and buffers stay the same objects. settings: lambda_,
    effective_fraction of the layers."""
    return _replaced(module, _PAIRS, {}, estimator=estimator, **settings)


def revert_batchnorm(module):
    """The reverse of convert_batchnorm. A layer with relu=True has no equal in PyTorch: ValueError."""
    for name, layer in module.named_modules():
        if isinstance(layer, tuple(ours for _, ours in _PAIRS)) and layer.relu:
            raise ValueError(f"{name or 'the module'} ends in a ReLU, which nn.BatchNorm has not")
    return _replaced(module, [(ours, theirs) for theirs, ours in _PAIRS], {})
