# SPDX-License-Identifier: Apache-2.0
"""Pooling beside torch's."""

from girih.peers.op_case import Case


def _functional(name, *args, **kwargs):
    return lambda torch, x: getattr(torch.nn.functional, name)(x, *args, **kwargs)


def _case(name, shape, *args, **kwargs):
    return Case(name, lambda torch, x, *rest: getattr(torch.nn.functional, name)(x, *rest, **kwargs),
                lambda r: [r.normal(shape, r.dtype), *args], kwargs=kwargs)


def _with_indices(name, shape, *args, **kwargs):
    """Whole numbers, so that many are equal."""
    def reference(torch, x, *rest):
        return getattr(torch.nn.functional, name)(x, *rest, return_indices=True, **kwargs)
    return Case(name + "_with_indices", reference, lambda r: [r.integers(-3, 4, shape, r.dtype), *args], kwargs=kwargs)


CASES = [
    _case("max_pool1d", (4, 64, 1001), 3, stride=2, padding=1),
    _case("max_pool2d", (8, 64, 112, 112), 3, stride=2, padding=1),
    _case("max_pool2d", (32, 3, 64, 64), 3),
    _case("max_pool2d", (2, 17, 33, 31), [5, 3], stride=[3, 2], padding=[2, 1], dilation=[1, 2], ceil_mode=True),
    _case("max_pool3d", (2, 8, 9, 17, 15), 3, stride=2, padding=1, ceil_mode=True),
    _with_indices("max_pool1d", (4, 16, 101), 4, stride=3, padding=2),
    _with_indices("max_pool2d", (4, 16, 33, 31), 3, stride=2, padding=1, ceil_mode=True),
    _with_indices("max_pool3d", (2, 4, 9, 11, 10), [2, 3, 2]),
    _case("avg_pool1d", (4, 64, 1001), 4, stride=3, padding=2, count_include_pad=False),
    _case("avg_pool2d", (8, 64, 56, 56), 2),
    _case("avg_pool2d", (2, 17, 33, 31), 3, stride=2, padding=1, ceil_mode=True, count_include_pad=False),
    _case("avg_pool2d", (2, 17, 33, 31), 4, stride=3, padding=2, ceil_mode=True),
    _case("avg_pool2d", (2, 17, 33, 31), 3, padding=1, divisor_override=5),
    _case("avg_pool3d", (2, 8, 9, 17, 15), 3, stride=2, padding=1, ceil_mode=True),
    _case("adaptive_avg_pool2d", (8, 64, 56, 56), 7),
    _case("adaptive_avg_pool2d", (4, 33, 31, 29), [5, 7]),
    _case("adaptive_avg_pool2d", (16, 512, 7, 7), 1),
    _case("adaptive_max_pool2d", (4, 33, 31, 29), [5, 7]),
    _with_indices("adaptive_max_pool2d", (4, 16, 31, 29), [4, 6]),
    Case("lp_pool1d", lambda torch, x, p, size: torch.nn.functional.lp_pool1d(x.float(), p, size, stride=2).to(x.dtype),
         lambda r: [r.normal((4, 16, 101), r.dtype), 2.0, 3], kwargs={"stride": 2}),
    Case("lp_pool2d", lambda torch, x, p, size: torch.nn.functional.lp_pool2d(x.float(), p, size, ceil_mode=True).to(x.dtype),
         lambda r: [r.positive((4, 16, 33, 31), r.dtype), 3.0, 3], kwargs={"ceil_mode": True}),
    Case("lp_pool3d", lambda torch, x, p, size: torch.nn.functional.lp_pool3d(x.float(), p, size).to(x.dtype),
         lambda r: [r.normal((2, 4, 9, 11, 10), r.dtype), 2.0, [2, 3, 2]]),
]
