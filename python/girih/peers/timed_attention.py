# SPDX-License-Identifier: Apache-2.0
"""Attention, rotary embeddings and the cache of keys and values. girih.peers.attention_bench has more sizes of the first."""
from girih.peers.cases_attention import at_positions, with_log_sum
from girih.peers.op_timed import ASKED, Timed, at_sizes

_TURNED = (16384, 32, 128)


def _halves(torch, x, cosine, sine):
    a, b = x.chunk(2, -1)
    return torch.cat((a * cosine - b * sine, b * cosine + a * sine), -1)


def _by_tables(torch, x, cosine, sine):
    return _halves(torch, x, cosine[:, None], sine[:, None])


def _turned(torch, x, positions, frequencies):
    angles = (positions[:, None].float() * frequencies)[:, None]
    return _halves(torch, x, angles.cos().to(x.dtype), angles.sin().to(x.dtype))


def _by_theta(torch, x, positions):
    size = x.shape[-1]
    frequencies = 1e4 ** (-torch.arange(0, size, 2, device=x.device, dtype=torch.float32) / size)
    return _turned(torch, x, positions, frequencies)


def _tables(torch, positions, frequencies):
    angles = positions[:, None].float() * frequencies
    return angles.cos(), angles.sin()


def _tokens(m, rows, heads, width):
    return m.normal(1, rows, heads, width)


def _frequencies(m, width):
    return m.uniform(0, 1, width // 2, dtype="float32")


def _step_of_tables(m, rows, heads, width):
    return [_tokens(m, rows, heads, width), m.uniform(-1, 1, rows, width // 2), m.uniform(-1, 1, rows, width // 2)]


def _step_at(m, rows, heads, width):
    return [_tokens(m, rows, heads, width), m.integers(0, 4096, rows), _frequencies(m, width)]


def _written(torch, k, v, slots, keys, values):
    keys.flatten(0, 1)[slots] = k
    values.flatten(0, 1)[slots] = v


def _rope_written(torch, q, k, v, positions, frequencies, slots, keys, values):
    _written(torch, _turned(torch, k, positions, frequencies), v, slots, keys, values)
    return _turned(torch, q, positions, frequencies)


def _caches(m, rows, heads, width):
    return [m.normal(-(-rows // 16), 16, heads, width), m.normal(-(-rows // 16), 16, heads, width)]


def _writing(m, rows, heads, width):
    return [m.normal(rows, heads, width), m.normal(rows, heads, width), m.order(rows), *_caches(m, rows, heads, width)]


def _rope_writing(m, rows, q_heads, heads, width):
    k, v, slots, keys, values = _writing(m, rows, heads, width)
    return [m.normal(rows, q_heads, width), k, v, m.integers(0, 4096, rows), _frequencies(m, width), slots, keys, values]


def _write_bytes(k, v, slots, *_):
    return k.nbytes + v.nbytes + slots.nbytes, k.nbytes + v.nbytes


def _rope_write_bytes(q, k, v, positions, frequencies, slots, *_):
    return q.nbytes + k.nbytes + v.nbytes + slots.nbytes + positions.nbytes, q.nbytes + k.nbytes + v.nbytes


def _attend(torch, q, k, v, **options):
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, enable_gqa=q.shape[1] != k.shape[1], **options)


def _causal(torch, q, k, v):
    return _attend(torch, q, k, v, is_causal=True)


def _with_log_sum(torch, q, k, v):
    return torch.ops.aten._scaled_dot_product_flash_attention(q, k, v)[:2]


def _without_pages(torch, q, keys, values, table, lengths):
    """The peer has keys and values without pages: what it would take to gather them is not counted. Sequences are of one
    length, and the order of their keys does not matter."""
    shape = (q.shape[0], -1, keys.shape[2], q.shape[2])
    k, v = keys.reshape(shape).transpose(1, 2), values.reshape(shape).transpose(1, 2)
    return _attend(torch, q[:, :, None], k, v).reshape(q.shape)


def _latent_without_pages(torch, q, rope, cache, table, lengths):
    keys = cache.reshape(q.shape[0], 1, -1, cache.shape[-1])
    return _attend(torch, torch.cat((q, rope), -1)[:, None], keys, keys[..., :q.shape[-1]], scale=0.1)[:, 0]


def _step_without_pages(torch, q, k, v, cosine, sine, slots, keys, values, table, lengths):
    _written(torch, _by_tables(torch, k, cosine, sine), v, slots, keys, values)
    return _without_pages(torch, _by_tables(torch, q, cosine, sine), keys, values, table, lengths)


def _of_one_length(torch, q, k, v, sequences):
    """Causal attention of sequences one after the other."""
    q, k, v = (each.unflatten(0, (sequences, -1)).transpose(1, 2) for each in (q, k, v))
    return _causal(torch, q, k, v).transpose(1, 2).flatten(0, 1)


def _varlen(torch, q, k, v, q_offsets, k_offsets):
    return _of_one_length(torch, q, k, v, len(q_offsets) - 1)


def _paged_varlen(torch, q, keys, values, table, offsets, lengths):
    return _of_one_length(torch, q, keys.flatten(0, 1), values.flatten(0, 1), len(lengths))


def _dense(m, batch, heads, key_heads, length, width):
    return [m.normal(batch, heads, length, width), *(m.normal(batch, key_heads, length, width) for _ in range(2))]


def _offsets(m, sequences, length):
    return m.numbers([each * length for each in range(sequences + 1)])


def _packed(m, sequences, heads, key_heads, length, width):
    offsets = _offsets(m, sequences, length)
    return [m.normal(sequences * length, heads, width), *(m.normal(sequences * length, key_heads, width) for _ in range(2)), offsets,
            offsets]


def _lengths(m, sequences, length):
    return m.numbers([length] * sequences)


def _packed_pages(m, sequences, heads, key_heads, length, width):
    table = m.torch.arange(sequences * length // 16, device=m.device, dtype=m.torch.int32).view(sequences, -1)
    return [m.normal(sequences * length, heads, width), *_caches(m, sequences * length, key_heads, width), table,
            _offsets(m, sequences, length), _lengths(m, sequences, length)]


def _decoding(m, sequences, heads, key_heads, length, width):
    return [m.normal(sequences, heads, width), *_caches(m, sequences * length, key_heads, width), m.pages(sequences, length),
            _lengths(m, sequences, length)]


def _step(m, sequences, heads, key_heads, length, width):
    q, keys, values, table, lengths = _decoding(m, sequences, heads, key_heads, length, width)
    slots = table[:, -1].long() * 16 + 15
    return [q, *(m.normal(sequences, key_heads, width) for _ in range(2)),
            *(m.uniform(-1, 1, sequences, width // 2) for _ in range(2)), slots, keys, values, table, lengths]


def _latent(m, sequences, heads, length, latents, rotated):
    return [m.normal(sequences, heads, latents), m.normal(sequences, heads, rotated),
            m.normal(sequences * length // 16, 16, latents + rotated), m.pages(sequences, length), _lengths(m, sequences, length)]


def _attention(name, arguments, peer, batch, heads, key_heads, length, width, causal=False, **fields):
    def work(batch, heads, _, length, width):
        return 4 * batch * heads * length * length * width * (0.5 if causal else 1)

    pairs = f"H{heads}" + (f"/{key_heads}" if key_heads != heads else "")
    return Timed(name, (batch, heads, key_heads, length, width), arguments, peer, work=work,
                 shown=f"B{batch} {pairs} S{length} D{width}", label="causal" if causal else "",
                 tiny=(2, 4, 4 if key_heads == heads else 2, 48, 64), **fields)


def _decode(name, arguments, peer, sequences, heads, key_heads, length=4096, width=128, **fields):
    return Timed(name, (sequences, heads, key_heads, length, width), arguments, peer, replayed=sequences == 1,
                 shown=f"B{sequences} Hq{heads} Hkv{key_heads} S{length}", tiny=(2, 4, 2, 48, 64), **fields)


_ROTARY = [
    Timed("rotary_position_embedding", _TURNED, _step_of_tables, _by_tables),
    Timed("rotary_embedding_at", _TURNED, _step_at, _turned, reference=at_positions),
    Timed("rotary_from_positions", _TURNED, lambda m, *size: _step_at(m, *size)[:2], _by_theta),
]

CASES = [
    *at_sizes(_ROTARY),
    Timed("rotary_tables", (1 << 18, 64), lambda m, rows, pairs: [m.integers(0, 4096, rows), _frequencies(m, 2 * pairs)], _tables),
    Timed("kv_cache_write", (65536, 8, 128), _writing, _written, reference="none", moved=_write_bytes, tiny=(64, 2, 64)),
    Timed("kv_cache_write", (32, 8, 128), _writing, _written, reference="none", moved=_write_bytes, replayed=True, compiled=False),
    Timed("rope_kv_write", (16384, 32, 8, 128), _rope_writing, _rope_written, moved=_rope_write_bytes, tiny=(64, 4, 2, 64),
          reference=lambda torch, q, k, v, positions, frequencies, *_: at_positions(torch, q[None], positions, frequencies)[0]),
    Timed("rope_kv_write", (32, 32, 8, 128), _rope_writing, _rope_written, moved=_rope_write_bytes, tiny=(32, 4, 2, 64),
          reference="none", replayed=True, compiled=False),
    _attention("scaled_dot_product_attention", _dense, _attend, 2, 16, 16, 4096, 128),
    _attention("scaled_dot_product_attention", _dense, _causal, 2, 16, 16, 4096, 128, causal=True, kwargs={"is_causal": True},
               compiled=False),
    _attention("scaled_dot_product_attention", _dense, _causal, 2, 64, 8, 4096, 128, causal=True,
               kwargs={"is_causal": True, "enable_gqa": True}, reference="none", compiled=False),
    _attention("attention_with_log_sum", _dense, _with_log_sum, 2, 16, 16, 4096, 128, reference=with_log_sum),
    _attention("varlen_attention", _packed, _varlen, 8, 16, 16, 2048, 128, causal=True, kwargs={"max_length": 2048}),
    _attention("paged_varlen_attention", _packed_pages, _paged_varlen, 8, 16, 16, 2048, 128, causal=True,
               kwargs={"max_length": 2048}),
    _decode("paged_attention", _decoding, _without_pages, 32, 32, 8, asked=ASKED),
    _decode("paged_attention", _decoding, _without_pages, 1, 12, 2, compiled=False),
    _decode("rope_paged_attention", _step, _step_without_pages, 32, 32, 8),
    _decode("rope_paged_attention", _step, _step_without_pages, 1, 12, 2, compiled=False),
    Timed("latent_attention", (32, 128, 4096, 512, 64), _latent, _latent_without_pages, {"scale": 0.1}, tiny=(2, 16, 48, 64, 16),
          shown="B32 H128 S4096 512+64"),
    Timed("latent_attention", (1, 128, 4096, 512, 64), _latent, _latent_without_pages, {"scale": 0.1}, tiny=(1, 16, 48, 64, 16),
          shown="B1 H128 S4096 512+64", replayed=True, compiled=False),
]
