# SPDX-License-Identifier: Apache-2.0
"""From logits to tokens."""
from girih.peers.cases_sampling import beams, logprobs, penalties
from girih.peers.op_timed import VOCABULARY, Timed, matrix

_FACTORS = {"repetition": 1.2, "presence": 0.5, "frequency": 0.25}


def _sampled(count, share):
    """Without its random numbers, which no replay could draw anew: what filters cost."""
    def peer(torch, logits):
        scaled = logits.float() / 0.8
        best, tokens = scaled.topk(count, -1) if count else scaled.sort(-1, descending=True)
        chances = best.softmax(-1)
        kept = chances.cumsum(-1) - chances < share
        return tokens.gather(-1, torch.where(kept, best, float("-inf")).argmax(-1, keepdim=True)).squeeze(-1)

    return peer


def _sample(count, share, rows=1, **fields):
    label = ", ".join([f"top_k {count}"] * bool(count) + [f"top_p {share}"] * (share < 1))
    filters = {"temperature": 0.8, "top_k": count, "top_p": share, "seed": 7}
    return Timed("sample", (rows, VOCABULARY), matrix, _sampled(count, share), filters, label=label, reference="none",
                 replayed=True, tiny=(rows, 8192), **fields)


def _penalised(m, rows, tokens):
    """Of tokens that came before 1000 in the prompt and 3000 after it."""
    return [m.normal(rows, tokens), m.integers(0, tokens, rows, 1000), m.integers(0, tokens, rows, 3000)]


def _chosen(m, rows, tokens):
    return [m.normal(rows, tokens), m.integers(0, tokens, rows), 20]


def _of_beams(m, requests, count, tokens):
    return [m.normal(requests, count, dtype="float32"), m.normal(requests, count, tokens)]


CASES = [
    _sample(50, 0.9),
    *(_sample(*how, compiled=False) for how in ((5000, 1.0), (0, 0.9), (5000, 0.9), (50, 0.9, 64), (0, 0.9, 64))),
    Timed("apply_penalties", (64, VOCABULARY), _penalised, penalties, _FACTORS),
    Timed("logprobs", (64, VOCABULARY), _chosen, logprobs, dtype="float32", label="20"),
    Timed("beam_topk", (16, 4, VOCABULARY), _of_beams, beams, dtype="float32"),
]
