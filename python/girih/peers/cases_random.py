# SPDX-License-Identifier: Apache-2.0
"""Random operators where nothing is left to chance: PyTorch's numbers are others."""

from girih.peers.op_case import Case


def _one_hot(r):
    """Rows of weights of which one is not 0."""
    return r.torch.nn.functional.one_hot(r.integers(0, 37, (64,), "i64"), 37).to(r.dtype)


CASES = [
    Case("dropout", lambda torch, x: torch.nn.functional.dropout(x, 0.0), lambda r: [r.normal((37, 129))],
         kwargs={"p": 0.0, "seed": 1}),
    Case("dropout", lambda torch, x: torch.nn.functional.dropout(x, 1.0), lambda r: [r.normal((37, 129))],
         kwargs={"p": 1.0, "seed": 1}),
    Case("alpha_dropout", lambda torch, x: torch.nn.functional.alpha_dropout(x, 0.0), lambda r: [r.normal((37, 129))],
         kwargs={"p": 0.0, "seed": 1}),
    Case("bernoulli", lambda torch, p: torch.bernoulli(p), lambda r: [r.integers(0, 2, (37, 129), r.dtype)],
         kwargs={"seed": 1}),
    Case("multinomial", lambda torch, w: torch.multinomial(w, 1), lambda r: [_one_hot(r)],
         kwargs={"n": 1, "seed": 1}),
    Case("multinomial", lambda torch, w: torch.multinomial(w, 8, True), lambda r: [_one_hot(r)],
         kwargs={"n": 8, "replacement": True, "seed": 1}),
]
