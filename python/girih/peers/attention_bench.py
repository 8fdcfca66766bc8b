# SPDX-License-Identifier: Apache-2.0
"""Attention beside cuDNN's and FlashAttention's in PyTorch on one GPU: python3 -m girih.peers.attention_bench [--only TEXTS] [--config CONFIG]

bf16, random normal data, cold L2, medians, everyone in turn, each as the replay of a graph: what hosts take is left out. Results are first compared with float64 on some rows. Ratios are times
over Girih's: above 1, Girih is quicker. A causal product counts half the work. `lesson` is the kernel of examples/lessons/, with the Config that it gets by default
or `--config`, where heads have keys of their own."""
import argparse

import girih
from girih.peers import timing
from girih.peers.bench import compare, run_rows
from girih.peers.lessons import Lessons, arch_of_device, find_inspect
from girih.peers.op_bench import in_graph
from girih.report import Report

# Batch, query heads, key heads, length, head_dim.
SHAPES = ((4, 16, 16, 2048, 128), (2, 16, 16, 4096, 128), (1, 16, 16, 16384, 128), (2, 32, 32, 4096, 64), (1, 16, 16, 8192, 256),
          (2, 64, 8, 4096, 128))
CHECKED_ROWS = 32


def peers_of(torch, q, k, v, causal):
    from torch.nn.attention import SDPBackend, sdpa_kernel
    attend = torch.nn.functional.scaled_dot_product_attention

    def by(backend):
        def call():
            with sdpa_kernel(backend):
                return attend(q, k, v, is_causal=causal, enable_gqa=q.shape[1] != k.shape[1])
        return call

    found = {}
    for name, backend in (("cudnn", SDPBackend.CUDNN_ATTENTION), ("flash", SDPBackend.FLASH_ATTENTION)):
        try:
            by(backend)()
            found[name] = by(backend)
        except RuntimeError as error:
            print(f"  {name} is left out: {str(error).splitlines()[0]}")
    return found


def measured(torch, calls):
    return timing.measure({name: in_graph(torch, [call], 1)[0] for name, call in calls.items()})


def expected_rows(torch, q, k, v, causal, first):
    """Rows from `first` on, in float64, of the first and last head."""
    group = q.shape[1] // k.shape[1]
    found = []
    for batch, head in ((0, 0), (q.shape[0] - 1, q.shape[1] - 1)):
        keys, values = k[batch, head // group].double(), v[batch, head // group].double()
        scores = q[batch, head, first:first + CHECKED_ROWS].double() @ keys.t() * q.shape[-1] ** -0.5
        if causal:
            row = torch.arange(first, first + CHECKED_ROWS, device="cuda")[:, None]
            scores.masked_fill_(torch.arange(keys.shape[0], device="cuda")[None] > row, float("-inf"))
        found.append(torch.softmax(scores, -1) @ values)
    return torch.stack(found)


def check(torch, what, out, q, k, v, causal, first):
    rows = slice(first, first + CHECKED_ROWS)
    ours = torch.stack([out[0, 0, rows], out[-1, -1, rows]]).double()
    expected = expected_rows(torch, q, k, v, causal, first)[:, :q.shape[2] - first]
    error = ((ours - expected).norm() / expected.norm()).item()
    if not error <= 2.0 ** -7:
        raise SystemExit(f"{what} is wrong: {error}")


def run(torch, report, shape, causal, config):
    batch, heads, key_heads, length, depth = shape
    q, k, v = (torch.randn(batch, each, length, depth, device="cuda", dtype=torch.bfloat16) for each in (heads, key_heads, key_heads))
    out = torch.empty_like(q)
    calls = {"girih": lambda: girih.ops.scaled_dot_product_attention(
        q, k, v, is_causal=causal, enable_gqa=heads != key_heads, out=out)}
    if heads == key_heads:
        lesson = Lessons(find_inspect(), arch_of_device(torch)).program(
            "causal_flash_attention" if causal else "flash_attention", "bf16", batch, heads, length, length, depth,
            config=config)
        calls["lesson"] = lambda: lesson(q, k, v, out)
    what = f"B{batch} H{heads}" + (f"/{key_heads}" if heads != key_heads else "") + f" S{length} D{depth}" + \
        (" causal" if causal else "")
    for name, call in calls.items():
        out.fill_(float("nan"))
        call()
        for first in (0, length // 2 - 7, length - CHECKED_ROWS):
            check(torch, f"{what} ({name})", out, q, k, v, causal, first)
    work = 4e-12 * batch * heads * length * length * depth * (0.5 if causal else 1)
    compare(report, what, measured(torch, {**calls, **peers_of(torch, q, k, v, causal)}), work, "TFLOP/s")


def lengths_of(torch, total):
    """Lengths drawn from 64 to 8192 until they make `total` tokens."""
    generator = torch.Generator().manual_seed(7)
    lengths = []
    while sum(lengths) < total:
        drawn = int(torch.randint(64, 8193, (1,), generator=generator))
        lengths.append(min(drawn, total - sum(lengths)))
    return lengths


def run_varlen(torch, report, heads, depth, total, causal):
    lengths = lengths_of(torch, total)
    q, k, v = (torch.randn(total, heads, depth, device="cuda", dtype=torch.bfloat16) for _ in range(3))
    offsets = torch.tensor([0, *lengths], device="cuda").cumsum(0).to(torch.int32)
    out, longest = torch.full_like(q, float("nan")), max(lengths)
    call = lambda: girih.ops.varlen_attention(q, k, v, offsets, offsets, is_causal=causal, max_length=longest, out=out)  # noqa: E731
    call()
    what = f"varlen {len(lengths)} sequences of 64 to 8192, H{heads} D{depth}" + (" causal" if causal else "")
    for begin, length in ((0, lengths[0]), (total - lengths[-1], lengths[-1])):
        each = [x[begin:begin + length].transpose(0, 1)[None] for x in (out, q, k, v)]
        check(torch, what, *each, causal, max(length - CHECKED_ROWS, 0))
    flash = lambda: torch.ops.aten._flash_attention_forward(  # noqa: E731
        q, k, v, offsets, offsets, longest, longest, 0.0, causal, False)
    work = 4e-12 * heads * depth * sum(length * length for length in lengths) * (0.5 if causal else 1)
    compare(report, what, measured(torch, {"girih": call, "flash": flash}), work, "TFLOP/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="rows whose name holds one of these texts, with commas")
    parser.add_argument("--config", help="fields that differ from the lesson's default Config")
    options = parser.parse_args()
    import torch
    report = Report("peers.attention_bench", torch.cuda.get_device_name())
    run_rows([("B{} H{}/{} S{} D{}".format(*shape) + (" causal" if causal else ""),
               lambda shape=shape, causal=causal: run(torch, report, shape, causal, options.config))
              for shape in SHAPES for causal in (False, True)] +
             [("varlen" + (" causal" if causal else ""), lambda causal=causal: run_varlen(torch, report, 16, 128, 32768, causal))
              for causal in (False, True)], options.only)
    report.finish()


if __name__ == "__main__":
    main()
