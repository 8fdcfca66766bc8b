# SPDX-License-Identifier: Apache-2.0
"""Sorts and selections, beside PyTorch's stable ones."""

from girih.peers.op_case import Case


def _normal(*shape):
    return lambda r: [r.normal(shape, r.dtype)]


CASES = [
    Case("sort", lambda torch, x: torch.sort(x, dim=-1, stable=True), _normal(33, 1025), kwargs={"dim": -1}),
    Case("sort", lambda torch, x: torch.sort(x, dim=-1, descending=True, stable=True), _normal(2, 151936),
         kwargs={"dim": -1, "descending": True}),
    Case("sort", lambda torch, x: torch.sort(x, dim=0, stable=True), _normal(5000, 3), kwargs={"dim": 0}),
    Case("argsort", lambda torch, x: torch.argsort(x, dim=-1, stable=True),
         lambda r: [r.integers(0, 9, (33, 1025), r.dtype)], dtypes="ints", kwargs={"dim": -1}),
    Case("msort", lambda torch, x: torch.msort(x), _normal(513, 17)),
    # Equal elements are in no order in PyTorch's topk: f32 has few.
    Case("topk", lambda torch, x: torch.topk(x, 50), _normal(1, 151936), dtypes=("f32",), kwargs={"k": 50}),
    Case("topk", lambda torch, x: torch.topk(x, 8, 1, False), _normal(129, 256), dtypes=("f32",),
         kwargs={"k": 8, "dim": 1, "largest": False}),
]
