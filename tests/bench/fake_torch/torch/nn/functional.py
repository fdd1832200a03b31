# SPDX-License-Identifier: Apache-2.0
def layer_norm(x, shape, gamma, beta, epsilon):
    assert list(x.shape[1:]) == list(shape) and epsilon > 0
    if x.device == "cuda" and gamma.dtype != x.dtype:
        raise RuntimeError(f"expected scalar type {x.dtype} but found {gamma.dtype}")
    assert gamma.numel() == beta.numel() == x.numel() // x.shape[0]
    return x.clone()


def batch_norm(x, mean, variance, gamma, beta, training, momentum, epsilon):
    assert training == (mean is None) == (variance is None) and epsilon > 0
    assert gamma.numel() == beta.numel() == x.shape[1] and gamma.dtype.itemsize == 4
    return x.clone()


def relu(x):
    return x.clone()
