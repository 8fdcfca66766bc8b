# SPDX-License-Identifier: Apache-2.0
"""Convolutions beside torch's."""

from girih.peers.op_case import Case


def _functional(name, **kwargs):
    """torch.nn.functional's function of that name with what both take alike."""
    return lambda torch, *args: getattr(torch.nn.functional, name)(*args, **kwargs)


def _arrays(x, weight, bias):
    """x, weight and a bias of small weights, so that sums stay of the size of one."""
    def make(r):
        terms = 1
        for size in weight[1:]:
            terms *= size
        arrays = [r.normal(x, r.dtype), r.normal(weight, r.dtype) * terms ** -0.5]
        return arrays + [r.normal((bias,), r.dtype)] if bias else arrays
    return make


def _case(name, x, weight, bias=None, **kwargs):
    # A sum of many terms of f32 in any order.
    return Case(name, _functional(name, **kwargs), _arrays(x, weight, bias), kwargs=kwargs)


def _channels_last(torch, x, weight):
    return torch.nn.functional.conv2d(x.contiguous(memory_format=torch.channels_last), weight, padding=1)


CASES = [
    _case("conv1d", (4, 80, 1500), (384, 80, 3), 384, padding=1),
    _case("conv1d", (2, 64, 1001), (64, 1, 4), 64, groups=64, padding=3),
    _case("conv1d", (2, 6, 100), (10, 3, 5), 10, groups=2, stride=3, dilation=2, padding=4),
    _case("conv2d", (2, 64, 56, 56), (64, 64, 3, 3), 64, padding=1),
    _case("conv2d", (2, 3, 224, 224), (64, 3, 7, 7), 64, stride=2, padding=3),
    _case("conv2d", (2, 130, 29, 31), (65, 130, 1, 1)),
    _case("conv2d", (2, 32, 33, 31), (48, 16, 3, 5), 48, groups=2, stride=[2, 1], padding=[1, 2], dilation=[2, 1]),
    _case("conv2d", (2, 96, 37, 35), (96, 1, 3, 3), 96, groups=96, padding=1, stride=2),
    _case("conv2d", (1, 24, 20, 20), (24, 1, 5, 5), groups=24, padding="same"),
    _case("conv2d", (4, 3, 224, 224), (8, 3, 3, 3)),
    Case("conv2d", _channels_last, _arrays((2, 64, 30, 30), (32, 64, 3, 3), None), kwargs={"padding": 1}),
    _case("conv3d", (1, 16, 8, 20, 22), (24, 16, 3, 3, 3), 24, padding=1),
    _case("conv3d", (2, 4, 9, 10, 11), (4, 1, 2, 3, 2), groups=4, stride=[1, 2, 1]),
    _case("conv_transpose1d", (2, 64, 100), (64, 32, 4), 32, stride=2, padding=1),
    _case("conv_transpose2d", (2, 64, 28, 28), (64, 32, 4, 4), 32, stride=2, padding=1),
    _case("conv_transpose2d", (2, 24, 15, 17), (24, 8, 3, 3), 16, stride=3, padding=1, output_padding=2, groups=2,
          dilation=2),
    _case("conv_transpose3d", (1, 8, 5, 6, 7), (8, 4, 3, 3, 3), 4, stride=2, padding=1, output_padding=1),
]
