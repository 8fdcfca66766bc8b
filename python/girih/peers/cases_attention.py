# SPDX-License-Identifier: Apache-2.0
"""Operators of attention beside torch."""
import math

from girih.peers.op_case import Case


def rotated(torch, x, cosines, sines, interleaved=False):
    """x[..., D] by tables [..., R / 2]; what comes after R stays."""
    pairs = cosines.shape[-1]
    rest = x[..., 2 * pairs:]
    part = x[..., :2 * pairs]
    if interleaved:
        a, b = part[..., 0::2], part[..., 1::2]
        made = torch.stack((a * cosines - b * sines, b * cosines + a * sines), -1).flatten(-2)
    else:
        a, b = part[..., :pairs], part[..., pairs:]
        made = torch.cat((a * cosines - b * sines, b * cosines + a * sines), -1)
    return torch.cat((made, rest), -1)


def tables(torch, x, cosines, sines, interleaved=False):
    return rotated(torch, x, cosines[None, :, None], sines[None, :, None], interleaved)


def at_positions(torch, x, positions, frequencies, interleaved=False):
    angle = (positions.to(frequencies.dtype)[..., None] * frequencies)[..., None, :]
    if positions.dim() == 1:
        angle = angle[None]
    return rotated(torch, x, angle.cos(), angle.sin(), interleaved)


def by_theta(torch, x, positions):
    size = x.shape[-1]
    frequencies = 1e4 ** (-torch.arange(0, size, 2, device=x.device, dtype=torch.float64) / size)
    return at_positions(torch, x, positions, frequencies)


def attention(torch, q, k, v, mask=None, is_causal=False):
    group = q.shape[-3] // k.shape[-3]
    return torch.nn.functional.scaled_dot_product_attention(
        q, k.repeat_interleave(group, -3), v.repeat_interleave(group, -3), attn_mask=mask, is_causal=is_causal)


def lower_right(torch, queries, keys, device):
    at = torch.arange(queries, device=device)[:, None] + keys - queries
    return torch.arange(keys, device=device)[None] <= at


def with_log_sum(torch, q, k, v):
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    return [attention(torch, q, k, v), scores.logsumexp(-1).to(torch.float32)]


def varlen(torch, q, k, v, q_offsets, k_offsets):
    parts = []
    for b in range(len(q_offsets) - 1):
        one = [x[o[b]:o[b + 1]].transpose(0, 1) for x, o in ((q, q_offsets), (k, k_offsets), (v, k_offsets))]
        mask = lower_right(torch, one[0].shape[1], one[1].shape[1], q.device)
        parts.append(attention(torch, *one, mask).transpose(0, 1))
    return torch.cat(parts)


def gathered(cache, table, length):
    """The keys of a sequence, [H, length, D]."""
    return cache[table.long()].flatten(0, 1)[:length].transpose(0, 1)


def paged(torch, q, keys, values, table, lengths):
    return torch.stack([
        attention(torch, q[b, :, None], gathered(keys, table[b], lengths[b]), gathered(values, table[b], lengths[b]))[:, 0]
        for b in range(len(lengths))])


def paged_varlen(torch, q, keys, values, table, offsets, lengths):
    parts = []
    for b in range(len(lengths)):
        one = q[offsets[b]:offsets[b + 1]].transpose(0, 1)
        mask = lower_right(torch, one.shape[1], int(lengths[b]), q.device)
        parts.append(attention(torch, one, gathered(keys, table[b], lengths[b]), gathered(values, table[b], lengths[b]),
                               mask).transpose(0, 1))
    return torch.cat(parts)


def latent(torch, q, rope, cache, table, lengths):
    out = []
    for b in range(len(lengths)):
        keys = cache[table[b].long()].flatten(0, 1)[:lengths[b]]
        scores = torch.cat((q[b], rope[b]), -1) @ keys.T * 0.1
        out.append(scores.softmax(-1) @ keys[:, :q.shape[-1]])
    return torch.stack(out)


def pages(r, sequences, each):
    """A block table: the pages of a cache in another order."""
    count = sequences * each
    return (r.torch.arange(count, device=r.device, dtype=r.torch.int32) * 7 % count).reshape(sequences, each)


def cached(rows, slots, cache):
    """The cache with rows written to those of the slots that there are."""
    cache = cache.clone()
    there = slots >= 0
    cache.flatten(0, 1)[slots[there].long()] = rows[there]
    return cache


def rope_write(torch, q, k, v, positions, frequencies, slots, keys, values):
    def turned(x):
        return at_positions(torch, x[None], positions, frequencies)[0]

    return turned(q), cached(turned(k), slots, keys), cached(v, slots, values)


def step(torch, q, k, v, cosines, sines, slots, keys, values, table, lengths):
    def turned(x):
        return tables(torch, x[None], cosines, sines)[0]

    keys, values = cached(turned(k), slots, keys), cached(v, slots, values)
    return paged(torch, turned(q), keys, values, table, lengths), keys, values


def numbers(r, values, dtype="i32"):
    return r.torch.tensor(values, device=r.device, dtype=r._type(dtype))


CASES = [
    Case("rotary_position_embedding", tables,
         lambda r: [r.normal((2, 33, 12, 128)), r.normal((33, 64), "f32"), r.normal((33, 64), "f32")]),
    Case("rotary_position_embedding", lambda torch, *x: tables(torch, *x, interleaved=True),
         lambda r: [r.normal((1, 17, 5, 80)), r.normal((17, 32), "f32"), r.normal((17, 32), "f32")],
         kwargs={"interleaved": True}),
    Case("rotary_embedding_at", at_positions,
         lambda r: [r.normal((2, 9, 4, 64)), r.integers(0, 64, (2, 9), "i64"), r.uniform(0, 1, (32,), "f32")],
         tolerance=(1.6e-2, 1e-4)),
    Case("rotary_from_positions", by_theta, lambda r: [r.normal((2, 9, 4, 64)), r.integers(0, 64, (9,), "i64")],
         tolerance=(1.6e-2, 1e-4)),
    Case("kv_cache_write", lambda torch, k, v, slots, keys, values: (cached(k, slots, keys), cached(v, slots, values)),
         lambda r: [r.normal((5, 2, 128)), r.normal((5, 2, 96)), numbers(r, [3, -1, 17, 40, 0]), r.normal((3, 16, 2, 128)),
                    r.normal((3, 16, 2, 96))], updates=(3, 4)),
    Case("rope_kv_write", rope_write,
         lambda r: [r.normal((5, 12, 128)), r.normal((5, 2, 128)), r.normal((5, 2, 128)), r.integers(0, 64, (5,), "i64"),
                    r.uniform(0, 1, (64,), "f32"), numbers(r, [3, -1, 17, 40, 0]), r.normal((3, 16, 2, 128)),
                    r.normal((3, 16, 2, 128))], tolerance=(1.6e-2, 1e-4), updates=(6, 7)),
    Case("scaled_dot_product_attention", attention,
         lambda r: [r.normal((2, 4, 130, 64)), r.normal((2, 4, 200, 64)), r.normal((2, 4, 200, 64))]),
    Case("scaled_dot_product_attention", lambda torch, *x: attention(torch, *x, is_causal=True),
         lambda r: [r.normal((1, 12, 257, 128)), r.normal((1, 2, 257, 128)), r.normal((1, 2, 257, 128))],
         kwargs={"is_causal": True, "enable_gqa": True}),
    Case("scaled_dot_product_attention", attention,
         lambda r: [r.normal((2, 3, 70, 80)), r.normal((2, 3, 90, 80)), r.normal((2, 3, 90, 96)), r.bools((2, 1, 70, 90))]),
    Case("attention_with_log_sum", with_log_sum,
         lambda r: [r.normal((2, 3, 65, 64)), r.normal((2, 3, 129, 64)), r.normal((2, 3, 129, 64))]),
    Case("varlen_attention", varlen,
         lambda r: [r.normal((300, 4, 64)), r.normal((400, 2, 64)), r.normal((400, 2, 64)), numbers(r, [0, 130, 131, 300]),
                    numbers(r, [0, 200, 233, 400])]),
    Case("paged_attention", paged,
         lambda r: [r.normal((3, 12, 128)), r.normal((60, 16, 2, 128)), r.normal((60, 16, 2, 128)), pages(r, 3, 20),
                    numbers(r, [320, 1, 77])]),
    Case("rope_paged_attention", step,
         lambda r: [r.normal((3, 12, 128)), r.normal((3, 2, 128)), r.normal((3, 2, 128)), r.normal((3, 64), "f32"),
                    r.normal((3, 64), "f32"), numbers(r, [19 * 16 + 15, 20 * 16, 44 * 16 + 12]),
                    r.normal((60, 16, 2, 128)), r.normal((60, 16, 2, 128)), numbers(r, [[*range(20)], [*range(20, 40)],
                                                                                       [*range(40, 60)]]),
                    numbers(r, [320, 1, 77])], tolerance=(1.6e-2, 1e-4), updates=(6, 7)),
    Case("rotary_tables", lambda torch, at, turning: (torch.cos(at[:, None].float() * turning), torch.sin(at[:, None].float() * turning)),
         lambda r: [r.integers(0, 4096, (77,), "i64"), r.uniform(0, 1, (64,), "f32")], tolerance=(1e-5, 1e-5)),
    Case("paged_varlen_attention", paged_varlen,
         lambda r: [r.normal((140, 4, 64)), r.normal((60, 16, 2, 64)), r.normal((60, 16, 2, 64)), pages(r, 3, 20),
                    numbers(r, [0, 64, 65, 140]), numbers(r, [300, 33, 75])]),
    Case("latent_attention", latent,
         lambda r: [r.normal((2, 16, 512)), r.normal((2, 16, 64)), r.normal((20, 16, 576)), pages(r, 2, 10),
                    numbers(r, [150, 9])], kwargs={"scale": 0.1}),
]
