# SPDX-License-Identifier: Apache-2.0
"""Mixtures of experts beside their definitions in torch."""

from girih.peers.op_case import Case


def gating(scoring="softmax", groups=1, top_groups=1, renormalize=False, routed_scale=1.0):
    def reference(torch, logits, count, bias=None):
        scores = logits.float().softmax(-1) if scoring == "softmax" else logits.float().sigmoid()
        choice = scores if bias is None else scores + bias.float()
        if top_groups < groups:
            parts = choice.unflatten(-1, (groups, -1))
            best = parts.amax(-1) if bias is None else parts.topk(2, -1).values.sum(-1)
            kept = torch.zeros_like(best, dtype=torch.bool).scatter(-1, best.topk(top_groups, -1).indices, True)
            choice = parts.masked_fill(~kept.unsqueeze(-1), float("-inf")).flatten(-2)
        indices = choice.sort(dim=-1, descending=True, stable=True).indices[..., :count]
        weights = scores.gather(-1, indices)
        if renormalize:
            weights = weights / (weights.sum(-1, keepdim=True) + 1e-20)
        return weights * routed_scale, indices

    return reference


def _apart(r, tokens, experts):
    """Logits of which no two of a token are close: f32 and f64 choose alike."""
    order = r.uniform(0, 1, (tokens, experts), "f32").argsort(-1)
    return order.to(r.torch.float32) / 64 - 2


def permuted(num_experts):
    def reference(torch, x, experts):
        order = experts.flatten().sort(stable=True).indices
        places = torch.empty_like(order).scatter(0, order, torch.arange(order.numel(), device=order.device))
        counts = torch.bincount(experts.flatten(), minlength=num_experts)
        return x[order // experts.shape[1]], counts, counts.cumsum(0), places.view(experts.shape)

    return reference


def _sum(torch, x, places, weights):
    return (x.double()[places.long()] * weights.double().unsqueeze(-1)).sum(1).to(x.dtype)


_V2 = {"groups": 8, "top_groups": 3, "routed_scale": 16.0}
_V3 = {"scoring": "sigmoid", "groups": 8, "top_groups": 4, "renormalize": True, "routed_scale": 2.5}

CASES = [
    Case("expert_gating", gating(renormalize=True), lambda r: [_apart(r, 67, 128), 8], dtypes=("f32",),
         kwargs={"renormalize": True}),
    Case("expert_gating", gating(**_V2), lambda r: [_apart(r, 67, 160), 6], dtypes=("f32",), kwargs=_V2),
    Case("expert_gating", gating(**_V3), lambda r: [_apart(r, 131, 256), 8, _apart(r, 1, 256)[0] / 8], dtypes=("f32",),
         kwargs=_V3),
    *(Case("expert_permute", permuted(experts), lambda r, tokens=tokens, k=k, experts=experts: [
        r.normal((tokens, 512), r.dtype), r.integers(0, experts, (tokens, k), "i64")], kwargs={"num_experts": experts})
      for tokens, k, experts in ((5, 8, 64), (1031, 8, 256))),
    Case("expert_unpermute", lambda torch, x, places: x[places.long()],
         lambda r: [r.normal((536, 512), r.dtype), r.integers(0, 536, (67, 8), "i32")]),
    *(Case("expert_sum", _sum, lambda r, k=k: [r.normal((67 * k, 4100), r.dtype), r.integers(0, 67 * k, (67, k), "i32"),
                                               r.uniform(0, 1, (67, k), "f32")]) for k in (2, 8, 10)),
]
