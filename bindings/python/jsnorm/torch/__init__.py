# SPDX-License-Identifier: Apache-2.0
"""Layers for PyTorch, on CPU and CUDA tensors, with gradients, under torch.compile.

    model = jsnorm.torch.convert_batchnorm(model)                 # an existing network
    layer = jsnorm.torch.JSBatchNorm2d(64, relu=True)             # a new one
    y = jsnorm.torch.batch_norm(x, None, None, gamma, beta, training=True)

Functions and modules have the arguments of PyTorch's own, and: estimator (see jsnorm.Norm; "none" is the
ordinary layer), z (a residual, added before the activation) and relu. Modules have the same parameters and
buffers, so that state_dicts load both ways.
"""

from jsnorm.torch.convert import convert_batchnorm, revert_batchnorm
from jsnorm.torch.functional import batch_norm, group_norm, instance_norm, layer_norm
from jsnorm.torch.modules import (JSBatchNorm1d, JSBatchNorm2d, JSBatchNorm3d, JSGroupNorm,
                                  JSInstanceNorm1d, JSInstanceNorm2d, JSInstanceNorm3d,
                                  JSLayerNorm)

__all__ = ["JSBatchNorm1d", "JSBatchNorm2d", "JSBatchNorm3d", "JSGroupNorm", "JSInstanceNorm1d",
           "JSInstanceNorm2d", "JSInstanceNorm3d", "JSLayerNorm", "batch_norm",
           "convert_batchnorm", "group_norm", "instance_norm", "layer_norm", "revert_batchnorm"]
