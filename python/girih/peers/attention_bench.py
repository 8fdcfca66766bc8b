# SPDX-License-Identifier: Apache-2.0
"""Attention beside cuDNN's and FlashAttention's in PyTorch on one GPU: python3 -m girih.peers.attention_bench [--only TEXTS]

bf16, random normal data, cold L2, medians, everyone in turn. Results are first compared with float64 on some rows. Ratios are times
over Girih's: above 1, Girih is quicker. A causal product counts half the work."""
import argparse

import girih
from girih.peers import timing
from girih.peers.bench import compare, run_rows
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


def run(torch, report, shape, causal):
    batch, heads, key_heads, length, depth = shape
    q, k, v = (torch.randn(batch, each, length, depth, device="cuda", dtype=torch.bfloat16) for each in (heads, key_heads, key_heads))
    out = torch.empty_like(q)
    out.fill_(float("nan"))
    call = lambda: girih.ops.scaled_dot_product_attention(  # noqa: E731
        q, k, v, is_causal=causal, enable_gqa=heads != key_heads, out=out)
    call()
    what = f"B{batch} H{heads}" + (f"/{key_heads}" if heads != key_heads else "") + f" S{length} D{depth}" + \
        (" causal" if causal else "")
    for first in (0, length // 2 - 7, length - CHECKED_ROWS):
        rows = slice(first, first + CHECKED_ROWS)
        ours = torch.stack([out[0, 0, rows], out[-1, -1, rows]]).double()
        expected = expected_rows(torch, q, k, v, causal, first)
        error = ((ours - expected).norm() / expected.norm()).item()
        if not error <= 2.0 ** -7:
            raise SystemExit(f"{what} is wrong: {error}")
    work = 4e-12 * batch * heads * length * length * depth * (0.5 if causal else 1)
    compare(report, what, timing.measure({"girih": call, **peers_of(torch, q, k, v, causal)}), work, "TFLOP/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="rows whose name holds one of these texts, with commas")
    options = parser.parse_args()
    import torch
    report = Report("peers.attention_bench", torch.cuda.get_device_name())
    run_rows([("B{} H{}/{} S{} D{}".format(*shape) + (" causal" if causal else ""),
               lambda shape=shape, causal=causal: run(torch, report, shape, causal))
              for shape in SHAPES for causal in (False, True)], options.only)
    report.finish()


if __name__ == "__main__":
    main()
