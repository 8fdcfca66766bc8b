# SPDX-License-Identifier: Apache-2.0
"""Softmax and losses, beside PyTorch's."""

from girih.peers.op_case import Case


def _normal(*shape):
    return lambda r: [r.normal(shape, r.dtype)]


def _classes(rows, classes):
    return lambda r: [r.normal((rows, classes), r.dtype), r.integers(0, classes, (rows,), "i64")]


def _shares(rows, classes):
    return lambda r: [r.normal((rows, classes), r.dtype), r.uniform(0, 2 / classes, (rows, classes))]


CASES = [
    Case("softmax", lambda torch, x: torch.softmax(x, -1), _normal(37, 4096), kwargs={"dim": -1}),
    Case("softmax", lambda torch, x: torch.softmax(x, -1), _normal(1, 151936), kwargs={"dim": -1}),
    Case("softmax", lambda torch, x: torch.softmax(x, 0), _normal(129, 65), kwargs={"dim": 0}),
    Case("log_softmax", lambda torch, x: torch.log_softmax(x, -1), _normal(37, 1029), kwargs={"dim": -1}),
    Case("log_softmax", lambda torch, x: torch.log_softmax(x, -1), _normal(129, 151936), kwargs={"dim": -1}),
    Case("cross_entropy", lambda torch, x, t: torch.nn.functional.cross_entropy(x, t), _classes(37, 32000)),
    Case("cross_entropy",
         lambda torch, x, t: torch.nn.functional.cross_entropy(x, t, reduction="none", label_smoothing=0.1),
         _classes(129, 1025), kwargs={"reduction": "none", "label_smoothing": 0.1}),
    Case("cross_entropy",
         lambda torch, x, t: torch.nn.functional.cross_entropy(x, t, reduction="none", label_smoothing=0.1),
         _shares(129, 1025), kwargs={"reduction": "none", "label_smoothing": 0.1}),
]
