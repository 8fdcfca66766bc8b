# SPDX-License-Identifier: Apache-2.0
import girih

try:
    import torch
except ImportError:
    print("skipped: torch is not installed")
    raise SystemExit(77)

device = "cuda" if torch.cuda.is_available() and girih.device_count() else "cpu"
a = torch.randn(512, 256, dtype=torch.bfloat16, device=device)
w = torch.randn(384, 256, dtype=torch.bfloat16, device=device)

y = girih.ops.matmul(a, w.T)  # a new torch tensor, made on the current stream; strides need no copy
girih.ops.add(y, y[0], out=torch.empty_like(y))

expected = a.double() @ w.T.double()
assert (y - expected).abs().max() <= 2**-7 * expected.abs().max()
