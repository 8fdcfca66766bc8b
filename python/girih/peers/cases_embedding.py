# SPDX-License-Identifier: Apache-2.0
"""Rows of a table beside torch's."""

from girih.peers.op_case import Case

CASES = [
    Case("embedding", lambda torch, ids, weight: torch.nn.functional.embedding(ids, weight),
         lambda r: [r.integers(0, 1000, (3, 5), "i64"), r.normal((1000, 1536), r.dtype)]),
    Case("embedding", lambda torch, ids, weight: torch.nn.functional.embedding(ids, weight),
         lambda r: [r.integers(0, 1000, (4, 515), "i32"), r.normal((1000, 1031), r.dtype)]),
]
