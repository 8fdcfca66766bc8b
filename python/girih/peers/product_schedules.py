# SPDX-License-Identifier: Apache-2.0
"""Every schedule of products by warp groups against PyTorch, bit for bit, on sizes that tiles do not divide.

`python3 -m girih.peers.product_schedules`: whole numbers whose sums every type of 16 bits rounds alike, so that any difference is an
error. Ends with status 1 where there is one."""
import itertools
import sys

import girih

SIZES = (1, 7, 16, 63, 64, 65, 127, 128, 129, 1000, 4097)
ALWAYS = "BK=64 warp_specialize=1 persistent=1 "
SCHEDULES = {
    "one program together": "BM=128 BN=256 num_warps=8 num_stages=4 order=grouped:8",
    "in turns": "BM=128 BN=192 num_warps=4 num_stages=5 ping_pong=1 order=grouped:8",
    "in turns along a curve": "BM=128 BN=128 num_warps=4 num_stages=5 ping_pong=1 order=hilbert",
    "shared programs": "BM=128 BN=128 num_warps=8 num_stages=5 stream_k=1 order=grouped:8",
    "shared programs in turns": "BM=64 BN=64 num_warps=4 num_stages=6 ping_pong=1 stream_k=1",
    "shared rounds": "BM=64 BN=64 num_warps=4 num_stages=6 split_k=4",
    "copied by two blocks": "BM=128 BN=128 num_warps=8 num_stages=5 num_ctas=2 order=grouped:8",
}


def _matrix(torch, rows, columns, layout):
    whole = torch.randint(-2, 3, (rows, columns), device="cuda").to(torch.bfloat16)
    if layout == "columns":
        return whole.t().contiguous().t()
    if layout == "strided":
        wide = torch.zeros(rows, columns + 3, device="cuda", dtype=torch.bfloat16)
        wide[:, :columns] = whole
        return wide[:, :columns]
    return whole


def _differs(torch, matmul, config, sizes, layouts):
    m, n, k = sizes
    a, b = _matrix(torch, m, k, layouts[0]), _matrix(torch, k, n, layouts[1])
    guarded = torch.full((m + 2, n), 77.0, device="cuda", dtype=torch.bfloat16)
    out = guarded[1:-1]
    out.fill_(float("nan"))
    split = "split_k" in config
    matmul(a, b, out, config=(ALWAYS.replace("persistent=1 ", "") if split else ALWAYS) + config)
    expected = (a.float() @ b.float()).to(torch.bfloat16)
    return not (torch.equal(out, expected) and bool((guarded[0] == 77).all()) and bool((guarded[-1] == 77).all()))


def main():
    import torch
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = False
    matmul = girih.kernel("matmul")
    failed = 0
    for name, config in SCHEDULES.items():
        wrong = []
        cases = [sizes for sizes in itertools.product(SIZES, repeat=3) if sizes.count(4097) < 2] + [(4097, 4097, 4097)]
        for number, sizes in enumerate(cases):
            layouts = (("rows", "rows"), ("rows", "columns"), ("columns", "rows"), ("strided", "strided"))[number % 4]
            if _differs(torch, matmul, config, sizes, layouts):
                wrong.append((sizes, layouts))
        print(f"{name:26} {len(cases) - len(wrong)} of {len(cases)} right", *wrong[:5], flush=True)
        failed += len(wrong)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
