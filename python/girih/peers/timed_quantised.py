# SPDX-License-Identifier: Apache-2.0
"""Quantisation, products of 8-bit matrices, mixtures of experts."""
from girih.peers import cases_quantised as quantised
from girih.peers.cases_experts import gating, permuted
from girih.peers.op_timed import ASKED, Timed, matrix, product

_ROWS, _WIDTH = 16384, 7168
_LAYER = (4096, 4096, 7168)
_TINY_LAYER = (32, 256, 256)
_E4M3 = {"dtype": "e4m3"}


def _by_blocks(torch, x):
    blocks = x.float().unflatten(-1, (-1, 128))
    scales = blocks.abs().amax(-1).clamp(min=1e-4) / 448
    return (blocks / scales[..., None]).flatten(-2).to(torch.float8_e4m3fn), scales


def _by_rows(torch, x):
    wide = x.float()
    scales = wide.abs().amax(-1).clamp(min=1e-8) / 127
    return (wide / scales[:, None]).round().clamp(-128, 127).to(torch.int8), scales


def _by_number(torch, x):
    wide = x.float()
    scale = wide.abs().max().clamp(min=1e-8) / 448
    return (wide / scale).to(torch.float8_e4m3fn), scale


def _static(torch, x, scale):
    return (x.float() / scale).clamp(-448, 448).to(torch.float8_e4m3fn)


def _dequantised(torch, x, scale):
    return (x.float() * scale).to(torch.bfloat16)


def _weight_dequantised(torch, x, scales):
    rows, columns = scales.shape
    blocks = x.to(torch.bfloat16).view(rows, x.shape[0] // rows, columns, x.shape[1] // columns)
    return (blocks * scales[:, None, :, None]).to(torch.bfloat16).view(x.shape)


def _whole(m, *shape):
    return m.integers(-127, 128, *shape, dtype="int8")


def _narrow(m, *shape):
    return m.normal(*shape, dtype="float8_e4m3fn")


def _layer(made):
    """x, scales of its rows, weight, scales of its rows, bias."""
    return lambda m, rows, n, k: [made(m, rows, k), m.positive(rows, dtype="float32"), made(m, n, k),
                                  m.positive(n, dtype="float32"), m.normal(n)]


def _blocks(m, rows, n, k):
    return [_narrow(m, rows, k), m.positive(rows, k // 128, dtype="float32"), _narrow(m, n, k),
            m.positive(n // 128, k // 128, dtype="float32")]


def _grouped_blocks(m, groups, rows, n, k):
    return [_narrow(m, groups * rows, k), m.positive(groups * rows, k // 128, dtype="float32"), _narrow(m, groups, n, k),
            m.positive(groups, n // 128, k // 128, dtype="float32"), m.numbers([rows * (each + 1) for each in range(groups)])]


def _int8_linear(torch, x, x_scales, weight, weight_scales, bias):
    return (torch._int_mm(x, weight.t()) * x_scales[:, None] * weight_scales + bias).to(torch.bfloat16)


def _fp8_linear(torch, x, x_scales, weight, weight_scales, bias):
    return torch._scaled_mm(x, weight.t(), x_scales[:, None], weight_scales[None], bias=bias, out_dtype=torch.bfloat16,
                            use_fast_accum=True)


def _fp8_gemm(torch, a, a_scales, b, b_scales):
    """cuBLAS takes scales of 1 x 128 column by column: what it takes to turn them round is part of the call."""
    return torch._scaled_mm(a, b.t(), a_scales.t().contiguous().t(), b_scales.t(), out_dtype=torch.bfloat16)


def _grouped_reference(torch, a, a_scales, b, b_scales, ends):
    parts, begin = [], 0
    for group, end in enumerate(ends.tolist()):
        parts.append(quantised.fp8_gemm(torch, a[begin:end], a_scales[begin:end], b[group], b_scales[group]))
        begin = end
    return torch.cat(parts)


def _row(name, arguments, n, k, peer=None):
    return Timed(name, (1, n, k), arguments, peer, shown=f"1x{k}, {n}x{k}", replayed=True, rotated=True, compiled=False,
                 reference=quantised.linear, tiny=(1, 256, 256))


def _routed(m, tokens, count, experts, width):
    return [m.normal(tokens, width), m.integers(0, experts, tokens, count), experts]


def _permuted(torch, x, experts, count):
    return permuted(count)(torch, x, experts)


def _places(m, tokens, count, width):
    return [m.normal(tokens * count, width), m.order(tokens * count, "int32").view(tokens, count)]


def _summed(torch, x, places, weights):
    return (x[places] * weights[..., None]).sum(1).to(x.dtype)


_V3 = {"scoring": "sigmoid", "groups": 8, "top_groups": 4, "renormalize": True, "routed_scale": 2.5}

_QUANTISED = [
    Timed("act_quant", (_ROWS, _WIDTH), matrix, _by_blocks, asked=ASKED),
    Timed("act_quant", (8, _WIDTH), matrix, _by_blocks, replayed=True, compiled=False),
    Timed("quantize_per_row", (_ROWS, _WIDTH), matrix, _by_rows, {"dtype": "i8"}, label="to i8", asked=ASKED),
    Timed("quantize_per_row", (8, _WIDTH), matrix, _by_rows, {"dtype": "i8"}, label="to i8", replayed=True, compiled=False),
    Timed("quantize_per_tensor", (_ROWS, _WIDTH), matrix, _by_number, _E4M3, label="to e4m3"),
    Timed("quantize_static", (_ROWS, _WIDTH), lambda m, *size: [m.normal(*size), m.positive(dtype="float32")], _static, _E4M3,
          label="to e4m3", asked=ASKED),
    Timed("dequantize", (_ROWS, _WIDTH), lambda m, rows, width: [_whole(m, rows, width), m.positive(rows, 1, dtype="float32")],
          _dequantised, label="of i8", asked=ASKED),
    Timed("weight_dequant", (18432, _WIDTH), lambda m, rows, width: [
        _narrow(m, rows, width), m.positive(rows // 128, width // 128, dtype="float32")], _weight_dequantised,
          reference=quantised.weight_dequant, asked=ASKED),
    Timed("fp8_gemm", _LAYER, _blocks, _fp8_gemm, reference=quantised.fp8_gemm, work=product, tiny=_TINY_LAYER),
    Timed("grouped_fp8_gemm", (8, 512, 4096, _WIDTH), _grouped_blocks, reference=_grouped_reference, work=product,
          tiny=(2, 16, 128, 256)),
    Timed("int8_linear", _LAYER, _layer(_whole), _int8_linear, reference=quantised.linear, work=product, tiny=_TINY_LAYER),
    _row("int8_linear", _layer(_whole), 8960, 1536),
    Timed("fp8_linear", _LAYER, _layer(_narrow), _fp8_linear, {"fast_accumulation": True}, reference=quantised.linear,
          work=product, tiny=_TINY_LAYER),
    _row("fp8_linear", _layer(_narrow), 8960, 1536, _fp8_linear),
]

_EXPERTS = [
    Timed("expert_gating", (16384, 128), lambda m, *size: [m.normal(*size), 8], gating(renormalize=True), {"renormalize": True},
          dtype="float32", label="8"),
    # Where scores of groups are close f32 and f64 choose otherwise.
    Timed("expert_gating", (16384, 256), lambda m, tokens, experts: [m.normal(tokens, experts), 8, m.normal(experts)], gating(**_V3),
          _V3, dtype="float32", label="8 of 4 groups", reference="none", compiled=False),
    Timed("expert_permute", (16384, 8, 256, 2048), _routed, _permuted, tiny=(64, 4, 16, 64)),
    Timed("expert_unpermute", (16384, 8, 2048), _places, lambda torch, x, places: x[places], tiny=(64, 4, 64)),
    Timed("expert_sum", (16384, 8, 2048), lambda m, tokens, count, width: [
        *_places(m, tokens, count, width), m.uniform(0, 1, tokens, count, dtype="float32")], _summed, tiny=(64, 4, 64)),
]

CASES = _QUANTISED + _EXPERTS
