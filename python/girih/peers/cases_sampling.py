# SPDX-License-Identifier: Apache-2.0
"""Sampling where PyTorch's draw can only be the same, penalties, log-probabilities, beams."""

from girih.peers.op_case import Case


def penalties(torch, logits, prompt, output):
    """As vLLM's, with a repetition penalty of 1.2, 0.5 for presence and 0.25 for frequency."""
    def count(tokens):
        counts = torch.zeros(logits.shape[0], logits.shape[1] + 1, dtype=torch.int64, device=logits.device)
        return counts.scatter_add_(1, tokens, torch.ones_like(tokens))[:, :-1]
    times = count(output)
    seen = (times > 0) | (count(prompt) > 0)
    logits = torch.where(seen, torch.where(logits > 0, logits / 1.2, logits * 1.2), logits)
    return (logits - 0.25 * times - 0.5 * (times > 0)).to(logits.dtype)


def logprobs(torch, logits, chosen, n=20):
    found = torch.log_softmax(logits, -1)
    top = torch.topk(found, n)
    return (torch.cat([found.gather(1, chosen[:, None]), top.values], 1),
            torch.cat([chosen[:, None], top.indices], 1))


def beams(torch, scores, logits):
    batch, beams, tokens = logits.shape
    all_scores = (scores[..., None] + torch.log_softmax(logits, -1)).reshape(batch, beams * tokens)
    top = torch.topk(all_scores, 2 * beams)
    return top.values, top.indices // tokens, top.indices % tokens


def _tokens(r, *shape):
    """Token 151936 is vLLM's padding."""
    return r.integers(0, 151937, shape, "i64")


def _greedy(torch, logits):
    return torch.argmax(logits, -1)


# Equal logits are in no order in PyTorch's argmax and topk on a GPU: f32 has few.
CASES = [
    Case("sample", _greedy, lambda r: [r.normal((1, 151936))], dtypes=("f32",), kwargs={"temperature": 0.0, "seed": 1}),
    Case("sample", _greedy, lambda r: [r.normal((64, 151936))], dtypes=("f32",),
         kwargs={"temperature": 0.7, "top_k": 1, "seed": 1}),
    Case("sample", _greedy, lambda r: [r.normal((33, 32001))], dtypes=("f32",),
         kwargs={"temperature": 1.5, "top_p": 1e-6, "seed": 1}),
    Case("sample", _greedy, lambda r: [r.normal((33, 32001))], dtypes=("f32",), kwargs={"min_p": 1.0, "seed": 1}),
    Case("apply_penalties", penalties, lambda r: [r.normal((8, 151936)), _tokens(r, 8, 1000), _tokens(r, 8, 3000)],
         kwargs={"repetition": 1.2, "presence": 0.5, "frequency": 0.25}),
    Case("logprobs", logprobs, lambda r: [r.normal((16, 151936)), r.integers(0, 151936, (16,), "i64")],
         dtypes=("f32",), kwargs={"n": 20}),
    Case("beam_topk", beams, lambda r: [r.normal((4, 4), "f32"), r.normal((4, 4, 32001))], dtypes=("f32",)),
]
