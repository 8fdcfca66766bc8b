# SPDX-License-Identifier: Apache-2.0
"""Reductions, scans and what is made of orders, beside PyTorch's."""

from girih.peers.op_case import Case


def _normal(*shape):
    return lambda r: [r.normal(shape, r.dtype)]


def _whole(*shape):
    return lambda r: [r.integers(-5, 5, shape, r.dtype)]


CASES = [
    Case("sum", lambda torch, x: torch.sum(x, -1), _normal(37, 1029), kwargs={"dim": -1}),
    Case("sum", lambda torch, x: torch.sum(x, 0), _normal(1031, 65), kwargs={"dim": 0}),
    Case("sum", lambda torch, x: torch.sum(x), _normal(300007), dtypes=("f32", "f64")),
    Case("sum", lambda torch, x: torch.sum(x, (0, 2), True), _whole(7, 5, 33), dtypes="ints",
         kwargs={"dim": (0, 2), "keepdim": True}),
    Case("mean", lambda torch, x: torch.mean(x, -1), _normal(37, 4099), kwargs={"dim": -1}),
    Case("prod", lambda torch, x: torch.prod(x, -1), _normal(37, 17), kwargs={"dim": -1}),
    Case("amax", lambda torch, x: torch.amax(x, -1), _normal(3, 151936), kwargs={"dim": -1}),
    Case("amin", lambda torch, x: torch.amin(x, 0), _whole(129, 65), dtypes="all", kwargs={"dim": 0}),
    Case("max", lambda torch, x: torch.max(x), _normal(129, 65)),
    Case("min", lambda torch, x: torch.min(x), _normal(129, 65)),
    Case("max_dim", lambda torch, x: torch.max(x, 1), _normal(129, 65), dtypes=("f32",), kwargs={"dim": 1}),
    Case("min_dim", lambda torch, x: torch.min(x, 0), _normal(129, 65), dtypes=("f32",), kwargs={"dim": 0}),
    Case("argmax", lambda torch, x: torch.argmax(x, -1), _normal(1, 151936), dtypes=("f32",), kwargs={"dim": -1}),
    Case("argmax", lambda torch, x: torch.argmax(x), _normal(33, 65), dtypes=("f32",)),
    Case("argmin", lambda torch, x: torch.argmin(x, 0), _normal(1025, 33), dtypes=("f32",), kwargs={"dim": 0}),
    Case("any", lambda torch, x: torch.any(x, -1), _whole(65, 3), dtypes="all", kwargs={"dim": -1}),
    Case("all", lambda torch, x: torch.all(x, -1), _whole(65, 3), dtypes="all", kwargs={"dim": -1}),
    Case("var", lambda torch, x: torch.var(x, -1), _normal(37, 4099), kwargs={"dim": -1}),
    Case("std", lambda torch, x: torch.std(x, 0, correction=0), _normal(1031, 65),
         kwargs={"dim": 0, "correction": 0}),
    Case("norm", lambda torch, x: torch.linalg.vector_norm(x, 2, -1), _normal(37, 1029), kwargs={"dim": -1}),
    Case("norm", lambda torch, x: torch.linalg.vector_norm(x, 3, 0), _normal(129, 65), dtypes=("f32",),
         kwargs={"p": 3, "dim": 0}),
    Case("norm", lambda torch, x: torch.linalg.vector_norm(x, float("inf"), -1), _normal(129, 65),
         kwargs={"p": float("inf"), "dim": -1}),
    Case("logsumexp", lambda torch, x: torch.logsumexp(x, -1), _normal(5, 151936), kwargs={"dim": -1}),
    Case("cumsum", lambda torch, x: torch.cumsum(x, -1), _normal(7, 4099), dtypes=("f32", "f64"), kwargs={"dim": -1}),
    Case("cumsum", lambda torch, x: torch.cumsum(x, 0), _whole(1031, 65), dtypes="ints", kwargs={"dim": 0}),
    Case("cumprod", lambda torch, x: torch.cumprod(x, -1), _normal(7, 33), dtypes=("f32",), kwargs={"dim": -1}),
    Case("median", lambda torch, x: torch.median(x), _normal(33, 65)),
    Case("median_dim", lambda torch, x: torch.median(x, -1), _normal(33, 4099), dtypes=("f32",), kwargs={"dim": -1}),
    Case("quantile", lambda torch, x: torch.quantile(x, 0.3, -1), _normal(33, 1025), dtypes=("f32",),
         kwargs={"q": 0.3, "dim": -1}),
    Case("bincount", lambda torch, x: torch.bincount(x), lambda r: [r.integers(0, 100, (100003,), r.dtype)],
         dtypes="ints"),
]
