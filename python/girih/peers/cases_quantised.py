# SPDX-License-Identifier: Apache-2.0
"""Quantisation and products of 8-bit matrices beside their formulas in torch."""

from girih.peers.op_case import Case

LARGEST = {"int8": 127.0, "float8_e4m3fn": 448.0, "float8_e5m2": 57344.0}


def _narrow(torch, quotient, dtype):
    if dtype == "int8":
        return quotient.round().clamp(-128, 127).to(torch.int8)
    top = LARGEST[dtype]
    return quotient.clamp(-top, top).to(getattr(torch, dtype))


def _divided(torch, x, number):
    """By a number alone a GPU's torch would multiply by the reciprocal."""
    return x / torch.full_like(x, number)


def _per(dim, dtype):
    def reference(torch, x):
        x = x.float()
        top = x.abs().amax(dim, keepdim=True) if dim is not None else x.abs().max()
        scale = _divided(torch, top.clamp(min=1e-8), LARGEST[dtype])
        return _narrow(torch, x / scale, dtype), scale.squeeze(-1) if dim is not None else scale

    return reference


def _act_quant(powers):
    def reference(torch, x):
        blocks = x.float().unflatten(-1, (-1, 128))
        scale = _divided(torch, blocks.abs().amax(-1).clamp(min=1e-4), 448.0)
        if powers:
            scale = torch.exp2(torch.ceil(torch.log2(scale.double()))).float()
        return _narrow(torch, blocks / scale.unsqueeze(-1), "float8_e4m3fn").flatten(-2), scale

    return reference


def weight_dequant(torch, x, scales):
    wide = scales.double().repeat_interleave(128, 0).repeat_interleave(128, 1)
    return (x.double() * wide[:x.shape[0], :x.shape[1]]).to(torch.bfloat16)


def linear(torch, x, x_scales, weight, weight_scales, bias):
    product = x.double() @ weight.double().T
    return (product * x_scales.double().unsqueeze(-1) * weight_scales.double() + bias.double()).to(torch.bfloat16)


def fp8_gemm(torch, a, a_scales, b, b_scales):
    left = a.double() * a_scales.double().repeat_interleave(128, -1)[..., :a.shape[-1]]
    right = b_scales.double().repeat_interleave(128, 0).repeat_interleave(128, 1)[:b.shape[0], :b.shape[1]]
    return (left @ (b.double() * right).T).to(torch.bfloat16)


def _eight_bits(r, shape, dtype):
    return r.integers(-127, 128, shape, "i8") if dtype == "int8" else r.normal(shape, dtype)


def _layer(rows, n, k, dtype):
    return lambda r: [_eight_bits(r, (rows, k), dtype), r.positive((rows,), "f32"), _eight_bits(r, (n, k), dtype),
                      r.positive((n,), "f32"), r.normal((n,), "bf16")]


def _gemm(rows, n, k):
    return lambda r: [r.normal((rows, k), "float8_e4m3fn"), r.positive((rows, -(-k // 128)), "f32"),
                      r.normal((n, k), "float8_e4m3fn"), r.positive((-(-n // 128), -(-k // 128)), "f32")]


# Quotients are those of torch to the bit, and so is what they are rounded to.
_SAME = (1e-6, 0.0)

CASES = [
    *(Case("act_quant", _act_quant(powers), lambda r: [r.normal((67, 7168), r.dtype)], kwargs=kwargs, tolerance=_SAME)
      for powers, kwargs in ((False, {}), (True, {"scale_fmt": "ue8m0"}))),
    *(Case("quantize_per_row", _per(-1, dtype), lambda r, shape=shape: [r.normal(shape, r.dtype)],
           kwargs={"dtype": girih_name}, tolerance=_SAME)
      for dtype, girih_name in (("int8", "i8"), ("float8_e4m3fn", "e4m3"), ("float8_e5m2", "e5m2"))
      for shape in ((37, 7168), (3, 20001))),
    Case("quantize_per_tensor", _per(None, "float8_e4m3fn"), lambda r: [r.normal((129, 1031), r.dtype)],
         kwargs={"dtype": "e4m3"}, tolerance=_SAME),
    Case("quantize_static", lambda torch, x, s: _narrow(torch, x.float() / s.float(), "float8_e4m3fn"),
         lambda r: [r.normal((129, 1031), r.dtype), r.positive((1031,), "f32")], kwargs={"dtype": "e4m3"}, tolerance=_SAME),
    Case("dequantize", lambda torch, x, s: (x.double() * s.double()).to(torch.bfloat16),
         lambda r: [r.integers(-127, 128, (129, 1031), "i8"), r.positive((129, 1), "f32")], dtypes=("i8",)),
    Case("weight_dequant", weight_dequant, lambda r: [r.normal((300, 1031), "float8_e4m3fn"), r.positive((3, 9), "f32")],
         dtypes=("bf16",)),
    *(Case("fp8_gemm", fp8_gemm, _gemm(*shape), dtypes=("bf16",))
      for shape in ((1, 1536, 7168), (67, 512, 1000), (300, 1031, 2048))),
    *(Case(op, linear, _layer(rows, n, k, dtype), dtypes=("bf16",))
      for op, dtype in (("int8_linear", "int8"), ("fp8_linear", "float8_e4m3fn"), ("fp8_linear", "float8_e5m2"))
      for rows, n, k in ((1, 1536, 8960), (67, 515, 1031), (300, 2048, 1536))),
]
