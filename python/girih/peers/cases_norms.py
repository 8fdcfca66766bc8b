# SPDX-License-Identifier: Apache-2.0
"""Norms beside torch's."""

from girih.peers.op_case import Case


def _fused(torch, x, residual, weight):
    total = x + residual
    return torch.nn.functional.rms_norm(total, (x.shape[-1],), weight, 1e-6), total


def _trained(torch, x, mean, variance, weight, bias):
    return torch.nn.functional.batch_norm(x, mean.clone(), variance.clone(), weight, bias, True, 0.1, 1e-5)


def _used(torch, x, mean, variance, weight, bias):
    return torch.nn.functional.batch_norm(x, mean, variance, weight, bias, False, 0.1, 1e-5)


def _channels(r, shape):
    c = (shape[1],)
    return [r.normal(shape, r.dtype), r.normal(c, r.dtype), r.positive(c, r.dtype), r.normal(c, r.dtype), r.normal(c, r.dtype)]


CASES = [
    Case("rms_norm", lambda torch, x, shape, w: torch.nn.functional.rms_norm(x, shape, w, 1e-6),
         lambda r: [r.normal((37, 1536), r.dtype), [1536], r.normal((1536,), r.dtype)], kwargs={"eps": 1e-6}),
    Case("rms_norm", lambda torch, x, shape: torch.nn.functional.rms_norm(x, shape),
         lambda r: [r.normal((2, 5, 7, 11), r.dtype), [7, 11]]),
    Case("rms_norm", lambda torch, x, shape, w: torch.nn.functional.rms_norm(x, shape, w, 1e-6),
         lambda r: [r.normal((3, 20011), r.dtype), [20011], r.normal((20011,), r.dtype)], kwargs={"eps": 1e-6}),
    Case("fused_add_rms_norm", _fused,
         lambda r: [r.normal((4, 9, 1536), r.dtype), r.normal((4, 9, 1536), r.dtype), r.normal((1536,), r.dtype)],
         kwargs={"eps": 1e-6}),
    Case("layer_norm", lambda torch, x, shape, w, b: torch.nn.functional.layer_norm(x, shape, w, b),
         lambda r: [r.normal((129, 4097), r.dtype), [4097], r.normal((4097,), r.dtype), r.normal((4097,), r.dtype)]),
    Case("layer_norm", lambda torch, x, shape: torch.nn.functional.layer_norm(x, shape),
         lambda r: [r.normal((5, 33, 1031), r.dtype), [33, 1031]]),
    Case("group_norm", lambda torch, x, groups, w, b: torch.nn.functional.group_norm(x, groups, w, b),
         lambda r: [r.normal((2, 32, 17, 19), r.dtype), 8, r.normal((32,), r.dtype), r.normal((32,), r.dtype)]),
    Case("group_norm", lambda torch, x, groups: torch.nn.functional.group_norm(x, groups),
         lambda r: [r.normal((2, 64, 64, 65), r.dtype), 4]),
    Case("instance_norm", lambda torch, x, w, b: torch.nn.functional.instance_norm(x, weight=w, bias=b),
         lambda r: [r.normal((3, 7, 31, 33), r.dtype), r.normal((7,), r.dtype), r.normal((7,), r.dtype)]),
    Case("batch_norm", _trained, lambda r: _channels(r, (5, 7, 31, 33)), kwargs={"training": True}),
    Case("batch_norm", _used, lambda r: _channels(r, (129, 65))),
]
