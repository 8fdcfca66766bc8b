# SPDX-License-Identifier: Apache-2.0
"""Small arguments of every operator: CALLS[name](r) is (arguments by position, arguments that have a name only)."""
import girih
import numpy


class Maker:
    """Random arguments, the same for the same seed."""

    def __init__(self, seed):
        self._random = numpy.random.default_rng(seed)

    def normal(self, *shape):
        return self._random.standard_normal(shape).astype("float32")

    def uniform(self, *shape):
        """Between 0.1 and 0.9."""
        return self._random.uniform(0.1, 0.9, shape).astype("float32")

    def below(self, top, *shape, dtype="int64"):
        return self._random.integers(0, top, shape).astype(dtype)

    def bools(self, *shape):
        return self.below(2, *shape, dtype="bool")

    def narrow(self, *shape, dtype="e4m3"):
        """Of a dtype that NumPy lacks."""
        return girih.ops.cast(girih.asarray(self.normal(*shape)), dtype)


def call(*arguments, **named):
    return list(arguments), named


def ints(*values, dtype="int32"):
    return numpy.array(values, dtype)


def table(names, arguments):
    return {name: arguments for name in names.split()}


_ELEMENTWISE = {
    **table("add sub", lambda r: call(r.normal(4, 6), r.normal(6), alpha=2.0)),
    **table("mul remainder fmod pow maximum minimum fmax fmin eq ne lt le gt ge logical_and logical_or logical_xor swiglu",
            lambda r: call(r.uniform(4, 6), r.uniform(4, 6))),
    **table("bitwise_and bitwise_or bitwise_xor", lambda r: call(r.below(99, 4, 6), r.below(99, 4, 6))),
    **table("abs neg exp exp2 expm1 log log2 log1p sqrt rsqrt reciprocal sin cos tan sinh cosh tanh asin acos atan asinh "
            "atanh erf floor ceil trunc sign sgn signbit isnan isinf isfinite logical_not relu silu sigmoid hardswish "
            "hardsigmoid mish", lambda r: call(r.uniform(4, 6))),
    **table("addcmul addcdiv", lambda r: call(r.normal(4, 6), r.normal(4, 6), r.uniform(4, 6), value=0.5)),
    **table("elu celu leaky_relu", lambda r: call(r.normal(4, 6), 0.5)),
    "div": lambda r: call(r.normal(4, 6), r.uniform(4, 6), rounding_mode="floor"),
    "where": lambda r: call(r.bools(4, 6), r.normal(4, 6), r.normal(6)),
    "lerp": lambda r: call(r.normal(4, 6), r.normal(4, 6), r.uniform(4, 6)),
    "acosh": lambda r: call(1 + r.uniform(4, 6)),
    "round": lambda r: call(r.normal(4, 6), decimals=1),
    "bitwise_not": lambda r: call(r.below(99, 4, 6)),
    "cast": lambda r: call(r.normal(4, 6), "f16"),
    "gelu": lambda r: call(r.normal(4, 6), approximate="tanh"),
    "geglu": lambda r: call(r.normal(4, 6), r.normal(4, 6), approximate="tanh"),
    "softplus": lambda r: call(r.normal(4, 6), 2.0, 1.0),
    "threshold": lambda r: call(r.normal(4, 6), 0.1, 7.0),
    "clamp": lambda r: call(r.normal(4, 6), -0.5, 0.25),
}

_REDUCTIONS = {
    **table("sum mean prod", lambda r: call(r.normal(4, 6), (1,), True, dtype="f64")),
    **table("amax amin any all logsumexp", lambda r: call(r.normal(4, 6), (0,), True)),
    **table("max min median msort", lambda r: call(r.normal(4, 6))),
    **table("max_dim min_dim argmax argmin median_dim", lambda r: call(r.normal(4, 6), 1, True)),
    **table("var std", lambda r: call(r.normal(4, 6), (1,), correction=0.0, keepdim=True)),
    **table("cumsum cumprod", lambda r: call(r.normal(4, 6), 1, dtype="f64")),
    **table("sort argsort", lambda r: call(r.normal(4, 6), 0, True, True)),
    **table("softmax log_softmax", lambda r: call(r.normal(4, 6), 1, dtype="f64")),
    "norm": lambda r: call(r.normal(4, 6), 3.0, (1,), True, dtype="f64"),
    "quantile": lambda r: call(r.normal(4, 6), 0.3, 1, True, interpolation="lower"),
    "bincount": lambda r: call(r.below(5, 20), r.normal(20), 9),
    "topk": lambda r: call(r.normal(4, 6), 2, 0, False, True),
    "cross_entropy": lambda r: call(r.normal(4, 6), r.below(6, 4), r.uniform(6), 3, "sum", 0.1),
}

_NORMS = {
    "rms_norm": lambda r: call(r.normal(4, 6), (6,), r.normal(6), 1e-3),
    "fused_add_rms_norm": lambda r: call(r.normal(4, 6), r.normal(4, 6), r.normal(6), 1e-3),
    "layer_norm": lambda r: call(r.normal(4, 6), (6,), r.normal(6), r.normal(6), 1e-3),
    "group_norm": lambda r: call(r.normal(2, 6, 5), 3, r.normal(6), r.normal(6), 1e-3),
    "instance_norm": lambda r: call(r.normal(2, 6, 5), r.normal(6), r.normal(6), 1e-3),
    "batch_norm": lambda r: call(r.normal(2, 6, 5), r.normal(6), r.uniform(6), r.normal(6), r.normal(6), False, 0.2, 1e-3),
}

_PRODUCTS = {
    **table("matmul mm", lambda r: call(r.normal(4, 6), r.normal(6, 5), precision="tf32")),
    **table("addmm", lambda r: call(r.normal(5), r.normal(4, 6), r.normal(6, 5), beta=0.5, alpha=2.0, precision="tf32")),
    "bmm": lambda r: call(r.normal(2, 4, 6), r.normal(2, 6, 5), precision="tf32"),
    "mv": lambda r: call(r.normal(4, 6), r.normal(6)),
    "baddbmm": lambda r: call(r.normal(2, 4, 5), r.normal(2, 4, 6), r.normal(2, 6, 5), beta=0.5, alpha=2.0, precision="tf32"),
    "addmv": lambda r: call(r.normal(4), r.normal(4, 6), r.normal(6), beta=0.5, alpha=2.0, precision="tf32"),
    "linear": lambda r: call(r.normal(4, 6), r.normal(5, 6), r.normal(5), activation="gelu", precision="tf32"),
    "linear_swiglu": lambda r: call(r.normal(4, 6), r.normal(10, 6)),
    "rms_norm_linear": lambda r: call(r.normal(4, 16), r.normal(16), r.normal(8, 16), r.normal(8), 1e-3),
    "rms_norm_linear_swiglu": lambda r: call(r.normal(4, 16), r.normal(16), r.normal(8, 16), 1e-3),
    "grouped_mm": lambda r: call(r.normal(9, 6), r.normal(3, 6, 5), ints(2, 2, 9)),
}


def _spatial(rank):
    """Convolutions and pooling of `rank` dimensions."""
    size, one, two = (7,) * rank, (1,) * rank, (2,) * rank
    pooled = lambda r: call(r.normal(1, 2, *size), two, two, one, one, True)  # noqa: E731
    divisor = [3] if rank > 1 else []
    return {
        f"conv{rank}d": lambda r: call(r.normal(1, 4, *size), r.normal(6, 2, *two), r.normal(6), two, one, one, 2,
                                       precision="tf32"),
        f"conv_transpose{rank}d": lambda r: call(r.normal(1, 4, *size), r.normal(4, 3, *two), r.normal(6), two, one, one, 2,
                                                 one, precision="tf32"),
        f"max_pool{rank}d": pooled, f"max_pool{rank}d_with_indices": pooled,
        f"avg_pool{rank}d": lambda r: call(r.normal(1, 2, *size), two, two, one, True, False, *divisor),
        f"lp_pool{rank}d": lambda r: call(r.uniform(1, 2, *size), 3.0, two, one, True),
    }


_WINDOWS = {
    **_spatial(1), **_spatial(2), **_spatial(3),
    **table("adaptive_avg_pool2d adaptive_max_pool2d adaptive_max_pool2d_with_indices",
            lambda r: call(r.normal(1, 2, 7, 7), (3, 2))),
}

_MOVEMENT = {
    **table("tril triu", lambda r: call(r.normal(4, 6), 1)),
    **table("cat stack", lambda r: call([r.normal(4, 6), r.normal(4, 6)], 1)),
    "embedding": lambda r: call(r.below(8, 3, 5), r.normal(8, 6)),
    "gather": lambda r: call(r.normal(4, 6), 1, r.below(6, 4, 9)),
    "scatter": lambda r: call(r.normal(4, 6), 0, r.below(4, 1, 6), 1.5, reduce="multiply"),
    "scatter_add": lambda r: call(r.normal(4, 6), 0, r.below(4, 1, 6), r.normal(1, 6)),
    "scatter_reduce": lambda r: call(r.normal(4, 6), 0, r.below(4, 1, 6), r.normal(1, 6), "amax", False),
    "index_select": lambda r: call(r.normal(4, 6), 1, r.below(6, 9)),
    "index_copy": lambda r: call(r.normal(4, 6), 0, ints(2, 0, dtype="int64"), r.normal(2, 6)),
    "index_add": lambda r: call(r.normal(4, 6), 0, ints(2, 0, dtype="int64"), r.normal(2, 6), alpha=2.0),
    "rearrange": lambda r: call(r.normal(4, 6).T),
    "select_copy": lambda r: call(r.normal(4, 6), 1, 3),
    "flip": lambda r: call(r.normal(4, 6), (0, 1)),
    "rot90": lambda r: call(r.normal(4, 6), 3, (1, 0)),
    "roll": lambda r: call(r.normal(4, 6), (1, 2), (1, 0)),
    "repeat_interleave": lambda r: call(r.normal(4, 6), ints(1, 0, 2, 3, dtype="int64"), 0, output_size=6),
    "diag": lambda r: call(r.normal(4, 6), 1),
    "one_hot": lambda r: call(r.below(5, 7), 9),
    "masked_fill": lambda r: call(r.normal(4, 6), r.bools(4, 6), 2.5),
    "transpose": lambda r: call(r.normal(2, 3, 4), 0, 2),
    "permute": lambda r: call(r.normal(2, 3, 4), (2, 0, 1)),
    "reshape": lambda r: call(r.normal(4, 6), (8, 3)),
    "expand": lambda r: call(r.normal(1, 6), (5, -1)),
    "squeeze": lambda r: call(r.normal(1, 4, 1), (2,)),
    "unsqueeze": lambda r: call(r.normal(4, 6), 1),
    "narrow": lambda r: call(r.normal(4, 6), 1, 2, 3),
    "select": lambda r: call(r.normal(4, 6), 1, 2),
    "diagonal": lambda r: call(r.normal(2, 3, 4), 1, 2, 0),
}

_RANDOM = {
    **table("rand randn", lambda r: call((3, 5), seed=7, offset=2, dtype="f64", device="host")),
    **table("uniform normal", lambda r: call((3, 5), -1.0, 2.0, seed=7, offset=2, dtype="f64", device="host")),
    **table("dropout alpha_dropout", lambda r: call(r.normal(4, 6), 0.25, seed=7, offset=2)),
    "exponential": lambda r: call((3, 5), 2.0, seed=7, offset=2, dtype="f64", device="host"),
    "bernoulli": lambda r: call(r.uniform(4, 6), seed=7, offset=2, dtype="u8"),
    "multinomial": lambda r: call(r.uniform(4, 6), 3, True, seed=7, offset=2),
    "sample": lambda r: call(r.normal(3, 50), temperature=0.8, top_k=9, top_p=0.9, min_p=0.01, seed=7, position=5),
    "apply_penalties": lambda r: call(r.normal(3, 50), r.below(50, 3, 4), r.below(50, 3, 6), repetition=1.2, presence=0.5,
                                      frequency=0.25),
    "logprobs": lambda r: call(r.normal(3, 50), r.below(50, 3), 4),
    "beam_topk": lambda r: call(r.normal(2, 3), r.normal(2, 3, 20), 4),
}

_FEATURES = {"is_causal": True, "scale": 0.3, "window_left": 3, "window_right": 0, "soft_cap": 5.0}


def _paged(r):
    """Keys, values and a table of the pages of two sequences."""
    return r.normal(4, 16, 2, 16), r.normal(4, 16, 2, 16), ints([3, 0], [1, 2])


_DENSE = table("scaled_dot_product_attention attention_with_log_sum", lambda r: call(
    r.normal(1, 4, 5, 16), r.normal(1, 2, 5, 16), r.normal(1, 2, 5, 16), None, enable_gqa=True, causal_variant="lower_right",
    alibi_slopes=r.uniform(4), sinks=r.uniform(4), **_FEATURES))

_ATTENTION = {
    **_DENSE,
    "rotary_position_embedding": lambda r: call(r.normal(1, 3, 2, 16), r.normal(3, 8), r.normal(3, 8), interleaved=True),
    "rotary_embedding_at": lambda r: call(r.normal(1, 3, 2, 16), r.below(9, 3), r.uniform(8), interleaved=True,
                                          attention_factor=1.5),
    "rotary_from_positions": lambda r: call(
        r.normal(1, 3, 2, 16), r.below(9, 3), theta=500.0, rotary_dim=8, interleaved=True, scaling="yarn", factor=2.0,
        original_max_position=64.0, beta_fast=16.0, beta_slow=2.0, mscale=0.7, mscale_all_dim=0.5),
    "rotary_tables": lambda r: call(r.below(9, 3), r.uniform(8), attention_factor=1.5),
    "kv_cache_write": lambda r: call(r.normal(3, 2, 16), r.normal(3, 2, 16), ints(5, -1, 40), *_paged(r)[:2]),
    "rope_kv_write": lambda r: call(r.normal(3, 4, 16), r.normal(3, 2, 16), r.normal(3, 2, 16), r.below(9, 3), r.uniform(8),
                                    ints(5, -1, 40), *_paged(r)[:2], interleaved=True, attention_factor=1.5),
    "paged_attention": lambda r: call(r.normal(2, 4, 16), *_paged(r), ints(20, 3), scale=0.3, window=7, soft_cap=5.0,
                                      sinks=r.uniform(4)),
    "rope_paged_attention": lambda r: call(
        r.normal(2, 4, 16), r.normal(2, 2, 16), r.normal(2, 2, 16), r.normal(2, 8), r.normal(2, 8), ints(3, 18), *_paged(r),
        ints(20, 3), scale=0.3, window=7, soft_cap=5.0, interleaved=True),
    "latent_attention": lambda r: call(r.normal(2, 16, 64), r.normal(2, 16, 16), r.normal(4, 16, 80), ints([3, 0], [1, 2]),
                                       ints(20, 3), scale=0.1),
    "varlen_attention": lambda r: call(
        r.normal(7, 4, 16), r.normal(9, 2, 16), r.normal(9, 2, 16), ints(0, 3, 7), ints(0, 4, 9), max_length=4,
        alibi_slopes=r.uniform(4), sinks=r.uniform(4), **_FEATURES),
    "paged_varlen_attention": lambda r: call(
        r.normal(7, 4, 16), *_paged(r), ints(0, 3, 7), ints(20, 9), max_length=4, alibi_slopes=r.uniform(4),
        sinks=r.uniform(4), **_FEATURES),
}

_QUANTISED = {
    **table("quantize_per_row quantize_per_tensor", lambda r: call(r.normal(4, 6), "i8")),
    "act_quant": lambda r: call(girih.asarray(r.normal(3, 256)), 128, scale_fmt="ue8m0"),
    "quantize_static": lambda r: call(r.normal(4, 6), r.uniform(6), "i8"),
    "dequantize": lambda r: call(r.below(99, 4, 6, dtype="int8"), r.uniform(4, 1), dtype="f32"),
    "weight_dequant": lambda r: call(r.narrow(130, 40), girih.asarray(r.uniform(2, 1)), dtype="f32"),
    "fp8_gemm": lambda r: call(r.narrow(3, 128), girih.asarray(r.uniform(3, 1)), r.narrow(5, 128),
                               girih.asarray(r.uniform(1, 1)), dtype="f32"),
    "grouped_fp8_gemm": lambda r: call(r.narrow(4, 128), girih.asarray(r.uniform(4, 1)), r.narrow(2, 5, 128),
                                       girih.asarray(r.uniform(2, 1, 1)), girih.asarray(ints(1, 4)), dtype="f32"),
    "int8_linear": lambda r: call(r.below(99, 3, 32, dtype="int8"), r.uniform(3), r.below(99, 5, 32, dtype="int8"),
                                  r.uniform(5), r.normal(5), dtype="f32"),
    "fp8_linear": lambda r: call(r.narrow(3, 32), girih.asarray(r.uniform(3)), r.narrow(5, 32), girih.asarray(r.uniform(5)),
                                 girih.asarray(r.normal(5)), dtype="f32"),
}

_EXPERTS = {
    "expert_gating": lambda r: call(r.normal(3, 8), 2, r.uniform(8), scoring="sigmoid", groups=4, top_groups=2,
                                    renormalize=True, routed_scale=2.5),
    "expert_permute": lambda r: call(r.normal(3, 6), r.below(4, 3, 2), 4),
    "expert_unpermute": lambda r: call(r.normal(6, 5), r.below(6, 3, 2, dtype="int32")),
    "expert_sum": lambda r: call(r.normal(6, 5), r.below(6, 3, 2, dtype="int32"), r.uniform(3, 2)),
}

CALLS = {**_ELEMENTWISE, **_REDUCTIONS, **_NORMS, **_PRODUCTS, **_WINDOWS, **_MOVEMENT, **_RANDOM, **_ATTENTION, **_QUANTISED,
         **_EXPERTS}
