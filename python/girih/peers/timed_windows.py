# SPDX-License-Identifier: Apache-2.0
"""Convolutions and pooling."""
import math

from girih.peers.op_timed import Timed, of

_FUNCTIONAL = "nn.functional"
_POOLED = (64, 64, 112, 112)


def _convolution(name, batch, channels, filters, plane, window, tiny, transposed=False, **kwargs):
    """x of batch x channels x plane, and a bias."""
    rank = len(plane)

    def arguments(m, batch, channels, filters, *rest):
        plane, window = rest[:rank], rest[rank:]
        scale = (channels * math.prod(window)) ** -0.5
        sizes = (channels, filters) if transposed else (filters, channels)
        return [m.normal(batch, channels, *plane), m.normal(*sizes, *window, scale=scale), m.normal(filters)]

    def work(batch, channels, filters, *rest):
        # As many products for each element of the plane and the window, up to the stride of what is not transposed.
        stride = 1 if transposed else kwargs.get("stride", 1) ** rank
        return 2 * batch * channels * filters * math.prod(rest) / stride

    sides = "x".join(map(str, plane))
    return Timed(name, (batch, channels, filters, *plane, *window), arguments, of(_FUNCTIONAL, name, **kwargs), kwargs, work=work,
                 shown=f"{batch}x{channels}x{sides}, {filters} of {'x'.join(map(str, window))}", tiny=(*tiny, *window))


def _pooled(name, *rest, peer=None, size=_POOLED, tiny=(2, 4, 16, 16), **kwargs):
    return Timed(name, size, lambda m, *shape: [m.normal(*shape), *rest], peer or of(_FUNCTIONAL, name, **kwargs), kwargs, tiny=tiny)


def _with_indices(name, *rest, **fields):
    kwargs = {key: value for key, value in fields.items() if key not in ("size", "tiny")}
    return _pooled(f"{name}_with_indices", *rest, peer=of(_FUNCTIONAL, name, return_indices=True, **kwargs), **fields)


_LINE = {"size": (64, 512, 4096), "tiny": (2, 4, 64)}
_SPACE = {"size": (8, 64, 32, 56, 56), "tiny": (1, 2, 8, 8, 8)}
_HALVED = {"stride": 2, "padding": 1}
_PLANE = {"size": (64, 512, 56, 56), "tiny": (2, 4, 14, 14)}

CASES = [
    _convolution("conv1d", 16, 384, 384, (3000,), (3,), (2, 8, 8, 40), padding=1),
    _convolution("conv2d", 64, 64, 64, (56, 56), (3, 3), (2, 4, 4, 9, 9), padding=1),
    _convolution("conv2d", 32, 3, 64, (224, 224), (7, 7), (2, 3, 4, 20, 20), padding=3, stride=2),
    _convolution("conv3d", 2, 64, 64, (16, 56, 56), (3, 3, 3), (1, 4, 4, 5, 6, 7), padding=1),
    _convolution("conv_transpose1d", 16, 256, 128, (2048,), (4,), (2, 8, 4, 30), True, stride=2, padding=1),
    _convolution("conv_transpose2d", 16, 128, 64, (56, 56), (4, 4), (2, 8, 4, 9, 9), True, stride=2, padding=1),
    _convolution("conv_transpose3d", 2, 32, 16, (16, 28, 28), (4, 4, 4), (1, 4, 2, 5, 6, 7), True, stride=2, padding=1),
    _pooled("max_pool1d", 3, **_LINE, **_HALVED),
    _pooled("max_pool2d", 3, **_HALVED),
    _pooled("max_pool3d", 3, **_SPACE, **_HALVED),
    _with_indices("max_pool1d", 3, **_LINE, **_HALVED),
    _with_indices("max_pool2d", 3, **_HALVED),
    _with_indices("max_pool3d", 3, **_SPACE, **_HALVED),
    _pooled("avg_pool1d", 3, **_LINE, **_HALVED),
    _pooled("avg_pool2d", 3, **_HALVED),
    _pooled("avg_pool3d", 3, **_SPACE, **_HALVED),
    _pooled("lp_pool1d", 2.0, 3, **_LINE, stride=2),
    _pooled("lp_pool2d", 2.0, 3, stride=2),
    _pooled("lp_pool3d", 2.0, 3, **_SPACE, stride=2),
    _pooled("adaptive_avg_pool2d", 7, **_PLANE),
    _pooled("adaptive_max_pool2d", 7, **_PLANE),
    _with_indices("adaptive_max_pool2d", 7, **_PLANE),
]
