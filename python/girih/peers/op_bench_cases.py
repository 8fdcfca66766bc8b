# SPDX-License-Identifier: Apache-2.0
"""What `girih.peers.op_bench` times: operators at the sizes of a language model, and PyTorch's way to the same."""
import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Timed:
    """`girih.ops.NAME(*arguments(m), **kwargs)` beside `peer(torch, *arguments)`.

    `rotated` arguments are made anew for each call until they exceed the caches, as a model's weights do. `replayed` calls
    are timed in the replay of a graph, where launches cost least; others with cold caches. `moved` gives the bytes that a
    call reads and writes; without it all arguments are read once and all results written once."""

    name: str
    what: str
    peer: typing.Callable
    arguments: typing.Callable
    kwargs: dict = dataclasses.field(default_factory=dict)
    replayed: bool = False
    rotated: bool = False
    moved: typing.Optional[typing.Callable] = None


class Maker:
    """Random arguments on the GPU."""

    def __init__(self, torch):
        self.torch = torch

    def normal(self, *shape, dtype="bfloat16"):
        made = self.torch.empty(shape, device="cuda", dtype=getattr(self.torch, dtype))
        return made.normal_() if made.is_floating_point() else made

    def integers(self, high, *shape, dtype="int64"):
        return self.torch.randint(high, shape, device="cuda", dtype=getattr(self.torch, dtype))

    def pages(self, sequences, length):
        """A block table of pages of 16: those of a sequence are neighbours, in random order."""
        each = length // 16
        order = [self.torch.randperm(each, device="cuda") + first * each for first in range(sequences)]
        return self.torch.stack(order).to(self.torch.int32)


ROWS, LENGTH = 16384, 4096
MANY, VOCABULARY = 2048, 151936


def functional(torch):
    return torch.nn.functional


def matrix(m):
    return [m.normal(ROWS, LENGTH)]


def two_matrices(m):
    return [m.normal(ROWS, LENGTH), m.normal(ROWS, LENGTH)]


def rotated_by_tables(torch, x, cosine, sine):
    a, b = x.chunk(2, -1)
    cosine, sine = cosine[:, None], sine[:, None]
    return torch.cat((a * cosine - b * sine, b * cosine + a * sine), -1)


def normalised_sum(torch, x, residual, weight):
    total = x + residual
    return functional(torch).rms_norm(total, (total.shape[-1],), weight, 1e-6), total


def gathered_pages(torch, q, keys, values, table, lengths):
    """The peer has keys and values without pages: what it would take to gather them is not counted."""
    sequences, heads, width = q.shape
    shape = (sequences, -1, keys.shape[2], width)
    k, v = keys.reshape(shape).transpose(1, 2), values.reshape(shape).transpose(1, 2)
    return functional(torch).scaled_dot_product_attention(q[:, :, None], k, v, enable_gqa=True).reshape(q.shape)


def decode(sequences, q_heads, kv_heads, length):
    def arguments(m):
        pages = sequences * length // 16
        return [m.normal(sequences, q_heads, 128), m.normal(pages, 16, kv_heads, 128), m.normal(pages, 16, kv_heads, 128),
                m.pages(sequences, length), m.torch.full((sequences,), length, device="cuda", dtype=m.torch.int32)]

    return Timed("paged_attention", f"B{sequences} Hq{q_heads} Hkv{kv_heads} S{length}", gathered_pages, arguments,
                 replayed=sequences == 1)


def linear(n, k):
    return Timed("linear", f"1x{k}, weight {n}x{k}", lambda torch, x, w: functional(torch).linear(x, w),
                 lambda m: [m.normal(1, k), m.normal(n, k)], replayed=True, rotated=True)


def quantised_blocks(torch, x):
    blocks = x.float().unflatten(-1, (-1, 128))
    scales = blocks.abs().amax(-1).clamp(min=1e-4) / 448
    return (blocks / scales[..., None]).flatten(-2).to(torch.float8_e4m3fn), scales


def quantised_rows(torch, x):
    wide = x.float()
    scales = wide.abs().amax(-1).clamp(min=1e-4) / 127
    return (wide / scales[:, None]).round().clamp(-128, 127).to(torch.int8), scales


def sampled(count, share):
    """Without its random numbers, which no replay could draw anew: what filters cost."""
    def peer(torch, logits):
        scaled = logits.float() / 0.8
        best, tokens = scaled.topk(count, -1) if count else scaled.sort(-1, descending=True)
        chances = best.softmax(-1)
        kept = chances.cumsum(-1) - chances < share
        return tokens.gather(-1, torch.where(kept, best, float("-inf")).argmax(-1, keepdim=True)).squeeze(-1)

    return peer


def sample(count, share, rows=1):
    what = [f"{rows}x{VOCABULARY}"] + [f"top_k {count}"] * bool(count) + [f"top_p {share}"] * (share < 1)
    filters = {"temperature": 0.8, "top_k": count, "top_p": share, "seed": 7}
    return Timed("sample", ", ".join(what), sampled(count, share), lambda m: [m.normal(rows, VOCABULARY)], filters, replayed=True)


def of_row_pieces(torch, ids, weight):
    return functional(torch).embedding(ids, weight)


CASES = [
    Timed("add", "256 Mi", lambda torch, a, b: a + b, lambda m: [m.normal(1 << 28), m.normal(1 << 28)]),
    Timed("add", "row to 16384x4096", lambda torch, a, b: a + b, lambda m: [m.normal(ROWS, LENGTH), m.normal(LENGTH)]),
    Timed("mul", "16384x4096", lambda torch, a, b: a * b, two_matrices),
    Timed("exp", "16384x4096", lambda torch, x: torch.exp(x), matrix),
    Timed("silu", "16384x4096", lambda torch, x: functional(torch).silu(x), matrix),
    Timed("gelu", "16384x4096", lambda torch, x: functional(torch).gelu(x), matrix),
    Timed("swiglu", "16384x4096", lambda torch, a, b: functional(torch).silu(a) * b, two_matrices),
    Timed("sum", "16384x4096, rows", lambda torch, x: x.sum(-1), matrix, {"dim": -1}),
    Timed("sum", "16384x4096, columns", lambda torch, x: x.sum(0), matrix, {"dim": 0}),
    Timed("cumsum", "16384x4096", lambda torch, x: x.cumsum(-1), matrix, {"dim": -1}),
    Timed("softmax", "16384x4096", lambda torch, x: x.softmax(-1), matrix, {"dim": -1}),
    Timed("log_softmax", "16384x4096", lambda torch, x: x.log_softmax(-1), matrix, {"dim": -1}),
    Timed("softmax", "2048x151936", lambda torch, x: x.softmax(-1), lambda m: [m.normal(MANY, VOCABULARY)], {"dim": -1}),
    Timed("cross_entropy", "2048x151936", lambda torch, x, target: functional(torch).cross_entropy(x, target),
          lambda m: [m.normal(MANY, VOCABULARY), m.integers(VOCABULARY, MANY)]),
    Timed("argmax", "2048x151936", lambda torch, x: x.argmax(-1), lambda m: [m.normal(MANY, VOCABULARY)], {"dim": -1}),
    Timed("topk", "2048x151936, 50", lambda torch, x: x.topk(50, -1), lambda m: [m.normal(MANY, VOCABULARY)], {"k": 50}),
    Timed("topk", "2048x151936, 1000", lambda torch, x: x.topk(1000, -1), lambda m: [m.normal(MANY, VOCABULARY)], {"k": 1000}),
    Timed("topk", "16384x4096, 50", lambda torch, x: x.topk(50, -1), matrix, {"k": 50}),
    Timed("topk", "1x151936, 50", lambda torch, x: x.topk(50, -1), lambda m: [m.normal(1, VOCABULARY)], {"k": 50}, replayed=True),
    Timed("topk", "1x151936, 1000", lambda torch, x: x.topk(1000, -1), lambda m: [m.normal(1, VOCABULARY)], {"k": 1000},
          replayed=True),
    Timed("rms_norm", "16384x4096", lambda torch, x, shape, w: functional(torch).rms_norm(x, shape, w, 1e-6),
          lambda m: [m.normal(ROWS, LENGTH), (LENGTH,), m.normal(LENGTH)], {"eps": 1e-6}),
    Timed("layer_norm", "16384x4096", lambda torch, x, shape, w, b: functional(torch).layer_norm(x, shape, w, b),
          lambda m: [m.normal(ROWS, LENGTH), (LENGTH,), m.normal(LENGTH), m.normal(LENGTH)]),
    Timed("fused_add_rms_norm", "16384x4096", normalised_sum,
          lambda m: [m.normal(ROWS, LENGTH), m.normal(ROWS, LENGTH), m.normal(LENGTH)], {"eps": 1e-6}),
    Timed("rotary_position_embedding", "4x4096x32x128", rotated_by_tables,
          lambda m: [m.normal(4, 4096, 32, 128), m.normal(4096, 64), m.normal(4096, 64)]),
    Timed("embedding", "65536 of 151936x1536", of_row_pieces, lambda m: [m.integers(VOCABULARY, 1 << 16), m.normal(VOCABULARY, 1536)],
          moved=lambda ids, weight: (ids.nbytes + ids.numel() * 1536 * 2, ids.numel() * 1536 * 2)),
    Timed("cat", "two of 16384x4096, rows", lambda torch, pieces: torch.cat(pieces), lambda m: [two_matrices(m)]),
    Timed("cat", "two of 16384x4096, columns", lambda torch, pieces: torch.cat(pieces, 1), lambda m: [two_matrices(m)], {"dim": 1}),
    Timed("rearrange", "16384x4096 transposed", lambda torch, x: x.contiguous(), lambda m: [m.normal(LENGTH, ROWS).T]),
    Timed("rearrange", "4x4096x32x128, heads first", lambda torch, x: x.contiguous(),
          lambda m: [m.normal(4, 4096, 32, 128).transpose(1, 2)]),
    Timed("index_select", "16384 rows of 4096", lambda torch, x, dim, index: x.index_select(dim, index),
          lambda m: [m.normal(ROWS, LENGTH), 0, m.torch.randperm(ROWS, device="cuda")]),
    Timed("act_quant", "16384x7168", quantised_blocks, lambda m: [m.normal(ROWS, 7168)]),
    Timed("quantize_per_row", "16384x7168 to i8", quantised_rows, lambda m: [m.normal(ROWS, 7168)], {"dtype": "i8"}),
    decode(32, 32, 8, 4096),
    decode(1, 12, 2, 4096),
    Timed("argmax", "1x151936", lambda torch, x: x.argmax(-1), lambda m: [m.normal(1, VOCABULARY)], {"dim": -1}, replayed=True),
    sample(50, 0.9),
    sample(5000, 1.0),
    sample(0, 0.9),
    sample(5000, 0.9),
    sample(50, 0.9, 64),
    sample(0, 0.9, 64),
    Timed("rms_norm", "1x1536", lambda torch, x, shape, w: functional(torch).rms_norm(x, shape, w, 1e-6),
          lambda m: [m.normal(1, 1536), (1536,), m.normal(1536)], {"eps": 1e-6}, replayed=True),
    Timed("fused_add_rms_norm", "1x1536", normalised_sum, lambda m: [m.normal(1, 1536), m.normal(1, 1536), m.normal(1536)],
          {"eps": 1e-6}, replayed=True),
    Timed("swiglu", "1x8960", lambda torch, a, b: functional(torch).silu(a) * b, lambda m: [m.normal(1, 8960), m.normal(1, 8960)],
          replayed=True),
    *(linear(n, k) for n, k in ((2048, 1536), (1536, 1536), (17920, 1536), (1536, 8960), (151936, 1536))),
]
