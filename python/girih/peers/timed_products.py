# SPDX-License-Identifier: Apache-2.0
"""Matrix products and linear layers. girih.peers.gemm_bench has more sizes."""
from girih.peers.cases_products import grouped
from girih.peers.op_timed import Timed, of, product

_TOKENS, _WIDTH = 4096, 4096
_SQUARE = (4096, 4096, 4096)


def _swiglu(torch, gate_up):
    gate, up = gate_up.chunk(2, -1)
    return torch.nn.functional.silu(gate) * up


def _linear_swiglu(torch, x, weight):
    return _swiglu(torch, torch.nn.functional.linear(x, weight))


def _normed(torch, x, norm, weight):
    return torch.nn.functional.linear(torch.nn.functional.rms_norm(x, (x.shape[-1],), norm, 1e-6), weight)


def _normed_swiglu(torch, x, norm, weight):
    return _swiglu(torch, _normed(torch, x, norm, weight))


def _grouped_mm(torch, a, b, ends):
    return torch._grouped_mm(a, b, offs=ends)


def _operands(m, rows, n, k):
    return [m.normal(rows, k), m.normal(k, n)]


def _batches(m, count, rows, n, k):
    return [m.normal(count, rows, k), m.normal(count, k, n)]


def _layer(m, rows, n, k):
    return [m.normal(rows, k), m.normal(n, k)]


def _normed_layer(m, rows, n, k):
    return [m.normal(rows, k), m.normal(k), m.normal(n, k)]


def _groups(m, groups, rows, n, k):
    """Groups of as many rows each."""
    return [m.normal(groups * rows, k), m.normal(groups, k, n), m.numbers([rows * (each + 1) for each in range(groups)])]


def _row(name, arguments, peer, n, k, **fields):
    """One row by weights that no cache holds."""
    return Timed(name, (1, n, k), arguments, peer, shown=f"1x{k}, {n}x{k}", replayed=True, rotated=True, **fields)


def _rows(name, arguments, peer, rows, n, k, **fields):
    return Timed(name, (rows, n, k), arguments, peer, shown=f"{rows}x{k}, {n}x{k}", work=product, **fields)


_LINEAR = of("nn.functional", "linear")
_EPSILON = {"kwargs": {"eps": 1e-6}}

CASES = [
    Timed("matmul", _SQUARE, _operands, of("", "matmul"), work=product),
    Timed("mm", _SQUARE, _operands, of("", "mm"), work=product),
    Timed("mm", (2048, 2048, 2048), _operands, of("", "mm"), dtype="float32", work=product, compiled=False),
    Timed("bmm", (32, 1024, 1024, 128), _batches, of("", "bmm"), work=product, tiny=(2, 64, 32, 16)),
    Timed("mv", (16384, 4096), lambda m, rows, k: [m.normal(rows, k), m.normal(k)], of("", "mv")),
    Timed("addmm", _SQUARE, lambda m, rows, n, k: [m.normal(n), *_operands(m, rows, n, k)], of("", "addmm"), work=product),
    Timed("baddbmm", (32, 1024, 1024, 128), lambda m, count, rows, n, k: [m.normal(count, rows, n), *_batches(m, count, rows, n, k)],
          of("", "baddbmm"), work=product, tiny=(2, 64, 32, 16)),
    Timed("addmv", (16384, 4096), lambda m, rows, k: [m.normal(rows), m.normal(rows, k), m.normal(k)], of("", "addmv")),
    *(_row("linear", _layer, _LINEAR, n, k) for n, k in ((2048, 1536), (1536, 1536), (17920, 1536), (1536, 8960), (151936, 1536))),
    _rows("linear", _layer, _LINEAR, _TOKENS, 4096, _WIDTH),
    _row("linear_swiglu", _layer, _linear_swiglu, 17920, 1536),
    _rows("linear_swiglu", _layer, _linear_swiglu, _TOKENS, 8192, 2048),
    _row("rms_norm_linear", _normed_layer, _normed, 2048, 1536, **_EPSILON),
    _rows("rms_norm_linear", _normed_layer, _normed, 8, 4096, _WIDTH, **_EPSILON),
    _row("rms_norm_linear_swiglu", _normed_layer, _normed_swiglu, 17920, 1536, **_EPSILON),
    Timed("grouped_mm", (8, 1024, 2816, 2048), _groups, _grouped_mm, reference=grouped, work=product, tiny=(4, 16, 64, 32)),
]
