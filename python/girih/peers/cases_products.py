# SPDX-License-Identifier: Apache-2.0
"""Matrix products beside torch's."""

from girih.peers.op_case import Case


def _linear(rows, n, k):
    return lambda r: [r.normal((rows, k), r.dtype), r.normal((n, k), r.dtype), r.normal((n,), r.dtype)]


def _swiglu(torch, x, weight):
    gate, up = torch.nn.functional.linear(x.double(), weight.double()).chunk(2, -1)
    return (torch.nn.functional.silu(gate) * up).to(x.dtype)


def grouped(torch, a, b, offs):
    out, begin = torch.zeros(a.shape[0], b.shape[2], dtype=a.dtype, device=a.device), 0
    for group, end in enumerate(offs.tolist()):
        out[begin:end] = a[begin:end] @ b[group]
        begin = end
    return out


def _ends(r):
    offs = r.integers(0, 1, (6,), "i32")
    for group, end in enumerate((0, 17, 17, 150, 151, 300)):
        offs[group] = end
    return offs


CASES = [
    Case("matmul", lambda torch, a, b: a @ b, lambda r: [r.normal((3, 1, 65, 129), r.dtype), r.normal((5, 129, 67), r.dtype)]),
    Case("matmul", lambda torch, a, b: a @ b, lambda r: [r.normal((7, 33, 200), r.dtype), r.normal((200,), r.dtype)]),
    Case("mm", lambda torch, a, b: a @ b, lambda r: [r.normal((16, 4096), r.dtype), r.normal((4096, 1536), r.dtype)], terms=4096),
    Case("bmm", lambda torch, a, b: torch.bmm(a, b), lambda r: [r.normal((5, 127, 65), r.dtype), r.normal((5, 65, 129), r.dtype)]),
    Case("mv", lambda torch, a, x: torch.mv(a, x), lambda r: [r.normal((1031, 515), r.dtype), r.normal((515,), r.dtype)]),
    Case("addmm", lambda torch, c, a, b: torch.addmm(c, a, b, beta=0.5, alpha=2),
         lambda r: [r.normal((257,), r.dtype), r.normal((129, 100), r.dtype), r.normal((100, 257), r.dtype)],
         kwargs={"beta": 0.5, "alpha": 2.0}),
    Case("baddbmm", lambda torch, c, a, b: torch.baddbmm(c, a, b),
         lambda r: [r.normal((3, 65, 67), r.dtype), r.normal((3, 65, 33), r.dtype), r.normal((3, 33, 67), r.dtype)]),
    Case("addmv", lambda torch, c, a, x: torch.addmv(c, a, x, beta=0.5, alpha=2),
         lambda r: [r.normal((1031,), r.dtype), r.normal((1031, 515), r.dtype), r.normal((515,), r.dtype)],
         kwargs={"beta": 0.5, "alpha": 2.0}),
    *(Case("linear", lambda torch, x, w, b: torch.nn.functional.linear(x, w, b), _linear(rows, 1536, 8960), terms=8960)
      for rows in (1, 2, 4, 8, 16, 64, 300)),
    Case("linear", lambda torch, x, w, b: torch.nn.functional.linear(x, w, b), _linear(3, 131, 1031)),
    Case("linear", lambda torch, x, w, b: torch.nn.functional.gelu(torch.nn.functional.linear(x.double(), w.double(), b.double())).to(x.dtype),
         _linear(5, 515, 256), kwargs={"activation": "gelu"}),
    *(Case("linear_swiglu", _swiglu, lambda r, rows=rows: [r.normal((rows, 1536), r.dtype), r.normal((2 * 1100, 1536), r.dtype)])
      for rows in (1, 4, 33, 300)),
    Case("grouped_mm", grouped, lambda r: [r.normal((300, 256), r.dtype), r.normal((6, 256, 130), r.dtype), _ends(r)]),
]
