# SPDX-License-Identifier: Apache-2.0
"""Operators that move elements, beside torch's."""

from girih.peers.op_case import Case


def _normal(*shape):
    return lambda r: [r.normal(shape, r.dtype)]


def _unique(r, rows, columns):
    """In each column the numbers below `rows`, in some order."""
    return r.torch.argsort(r.normal((rows, columns), "f32"), dim=0)


_INDEXED = [
    Case("gather", lambda torch, x, dim, index: torch.gather(x, dim, index),
         lambda r: [r.normal((128, 1000), r.dtype), 1, r.integers(0, 1000, (128, 333), "i64")], dtypes="all"),
    Case("gather", lambda torch, x, dim, index: torch.gather(x, dim, index),
         lambda r: [r.normal((257, 1024), r.dtype), 0, r.integers(0, 257, (100, 1000), "i64")]),
    Case("scatter", lambda torch, x, dim, index, src: torch.scatter(x, dim, index, src),
         lambda r: [r.normal((513, 100), r.dtype), 0, _unique(r, 300, 100), r.normal((300, 100), r.dtype)],
         dtypes="all"),
    Case("scatter", lambda torch, x, dim, index, src: torch.scatter(x, dim, index, src, reduce="multiply"),
         lambda r: [r.normal((129, 64), r.dtype), 1, r.integers(0, 64, (129, 20), "i64"), 1.5],
         kwargs={"reduce": "multiply"}, tolerance=(1e-2, 1e-2)),
    Case("scatter_add", lambda torch, x, dim, index, src: torch.scatter_add(x, dim, index, src),
         lambda r: [r.normal((50, 128), r.dtype), 0, r.integers(0, 50, (700, 128), "i64"),
                    r.normal((700, 128), r.dtype)]),
    Case("scatter_add", lambda torch, x, dim, index, src: torch.scatter_add(x, dim, index, src),
         lambda r: [r.integers(0, 3, (50, 128), r.dtype), 0, r.integers(0, 50, (70, 128), "i64"),
                    r.integers(0, 3, (70, 128), r.dtype)], dtypes="ints"),
    Case("index_select", lambda torch, x, dim, index: torch.index_select(x, dim, index),
         lambda r: [r.normal((3, 1000, 1536), r.dtype), 1, r.integers(0, 1000, (515,), "i64")], dtypes="all"),
    Case("index_select", lambda torch, x, dim, index: torch.index_select(x, dim, index),
         lambda r: [r.normal((3, 100, 37), r.dtype), 2, r.integers(0, 37, (99,), "i32")]),
    Case("index_copy", lambda torch, x, dim, index, source: torch.index_copy(x, dim, index, source),
         lambda r: [r.normal((600, 520), r.dtype), 0, _unique(r, 515, 1)[:, 0].contiguous(),
                    r.normal((515, 520), r.dtype)], dtypes="all"),
    Case("index_add", lambda torch, x, dim, index, source: torch.index_add(x, dim, index, source, alpha=2),
         lambda r: [r.normal((40, 1536), r.dtype), 0, r.integers(0, 40, (300,), "i64"),
                    r.normal((300, 1536), r.dtype)], kwargs={"alpha": 2}),
]
_INDEXED += [
    Case("scatter_reduce",
         lambda torch, x, dim, index, src, how, self=self: torch.scatter_reduce(x, dim, index, src, how,
                                                                               include_self=self),
         lambda r, how=how: [r.normal((60, 100), r.dtype), 0, r.integers(0, 60, (200, 100), "i64"),
                             r.normal((200, 100), r.dtype), how], kwargs={"include_self": self})
    for how in ("sum", "prod", "mean", "amax", "amin") for self in (True, False)
]

_COPIES = [
    Case("rearrange", lambda torch, x: x.contiguous(), lambda r: [r.normal((515, 1031), r.dtype).T], dtypes="all"),
    Case("rearrange", lambda torch, x: x.contiguous(),
         lambda r: [r.normal((4, 128, 32, 64), r.dtype).transpose(1, 2)]),
    Case("rearrange", lambda torch, x: x.contiguous(),
         lambda r: [r.normal((16, 3, 65, 33), r.dtype).permute(0, 2, 3, 1)]),
    Case("cat", lambda torch, arrays: torch.cat(arrays, -1),
         lambda r: [[r.normal((100, size), r.dtype) for size in (64, 1, 1000, 33, 128)]], dtypes="all",
         kwargs={"dim": -1}),
    Case("cat", lambda torch, arrays: torch.cat(arrays),
         lambda r: [[r.normal((size, 515), r.dtype) for size in (7, 0, 130)]]),
    Case("stack", lambda torch, arrays: torch.stack(arrays, 1),
         lambda r: [[r.normal((33, 256), r.dtype) for _ in range(3)]], dtypes="all", kwargs={"dim": 1}),
    Case("select_copy", lambda torch, x, dim, index: torch.select_copy(x, dim, index),
         lambda r: [r.normal((5, 64, 129), r.dtype), 1, -3]),
    Case("flip", lambda torch, x, dims: torch.flip(x, dims),
         lambda r: [r.normal((37, 5, 1024), r.dtype), (0, 2)], dtypes="all"),
    Case("rot90", lambda torch, x: torch.rot90(x, 1, (0, 1)), _normal(300, 515), kwargs={"k": 1, "dims": (0, 1)}),
    Case("rot90", lambda torch, x: torch.rot90(x, -1, (1, 2)), _normal(3, 65, 128), kwargs={"k": -1, "dims": (1, 2)}),
    Case("roll", lambda torch, x, shifts, dims: torch.roll(x, shifts, dims),
         lambda r: [r.normal((65, 1031), r.dtype), (3, -100), (0, 1)]),
    Case("roll", lambda torch, x, shifts: torch.roll(x, shifts), lambda r: [r.normal((65, 1031), r.dtype), 77]),
    Case("repeat_interleave", lambda torch, x, repeats: torch.repeat_interleave(x, repeats, 1),
         lambda r: [r.normal((3, 32, 128), r.dtype), 4], kwargs={"dim": 1}),
    Case("repeat_interleave", lambda torch, x, repeats: torch.repeat_interleave(x, repeats, 0),
         lambda r: [r.normal((500, 128), r.dtype), r.integers(0, 5, (500,), "i64")], kwargs={"dim": 0}),
    Case("diag", lambda torch, x: torch.diag(x, -3), _normal(1000), kwargs={"diagonal": -3}),
    Case("diag", lambda torch, x: torch.diag(x, 5), _normal(65, 129), kwargs={"diagonal": 5}),
    Case("tril", lambda torch, x: torch.tril(x, -1), _normal(3, 257, 129), dtypes="all", kwargs={"diagonal": -1}),
    Case("triu", lambda torch, x: torch.triu(x, 1), _normal(3, 257, 1024), dtypes="all", kwargs={"diagonal": 1}),
    Case("one_hot", lambda torch, x: torch.nn.functional.one_hot(x, 1000),
         lambda r: [r.integers(0, 1000, (33, 5), "i64")], dtypes=("i64",), kwargs={"num_classes": 1000}),
    Case("one_hot", lambda torch, x: torch.nn.functional.one_hot(x), lambda r: [r.integers(0, 9, (500,), "i64")],
         dtypes=("i64",)),
    Case("masked_fill", lambda torch, x, mask, value: torch.masked_fill(x, mask, value),
         lambda r: [r.normal((4, 129, 257), r.dtype), r.bools((129, 257)), -float("inf")]),
    Case("masked_fill", lambda torch, x, mask, value: torch.masked_fill(x, mask, value),
         lambda r: [r.normal((129, 257), r.dtype), r.bools((129, 257)), 3], dtypes="ints"),
]

_VIEWS = [
    Case("transpose", lambda torch, x, a, b: x.transpose(a, b), lambda r: [r.normal((5, 7, 9), r.dtype), 0, -1]),
    Case("permute", lambda torch, x, dims: x.permute(dims), lambda r: [r.normal((5, 7, 9), r.dtype), (2, 0, 1)]),
    Case("reshape", lambda torch, x, shape: x.view(shape), lambda r: [r.normal((4, 6, 9), r.dtype), (8, -1, 3)]),
    Case("expand", lambda torch, x, sizes: x.expand(sizes), lambda r: [r.normal((5, 1, 9), r.dtype), (2, -1, 3, 9)]),
    Case("squeeze", lambda torch, x: x.squeeze(), _normal(1, 5, 1, 9)),
    Case("unsqueeze", lambda torch, x, dim: x.unsqueeze(dim), lambda r: [r.normal((5, 9), r.dtype), -1]),
    Case("narrow", lambda torch, x, *range: x.narrow(*range), lambda r: [r.normal((5, 19), r.dtype), 1, -7, 3]),
    Case("select", lambda torch, x, *at: x.select(*at), lambda r: [r.normal((5, 19), r.dtype), 1, -7]),
    Case("diagonal", lambda torch, x, *dims: x.diagonal(*dims), lambda r: [r.normal((5, 19, 6), r.dtype), 2, 0, 1]),
]

CASES = _INDEXED + _COPIES + _VIEWS
