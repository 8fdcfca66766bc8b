# SPDX-License-Identifier: Apache-2.0
"""Reductions, scans, orders, norms, softmax and losses."""
from girih.peers.op_timed import (ASKED, LENGTH, MANY, MIDDLE, ROWS, VOCABULARY, Timed, alike, at_sizes, matrix, of, two)

_FUNCTIONAL = "nn.functional"


def _along(dim):
    return lambda m, *size: [m.normal(*size), dim]


def _near_one(m, *size):
    return [m.uniform(0.99, 1.01, *size), -1]


def _logits(m, rows, classes):
    return [m.normal(rows, classes), m.integers(0, classes, rows)]


def _weighted(count):
    """x, the shape that is normalised, and as many arrays of it."""
    return lambda m, rows, length: [m.normal(rows, length), (length,), *(m.normal(length) for _ in range(count))]


def _fused(torch, x, residual, weight):
    total = x + residual
    return torch.nn.functional.rms_norm(total, (total.shape[-1],), weight, 1e-6), total


def _residual(m, rows, length):
    return [*two(m, rows, length), m.normal(length)]


def _rms_norm(torch, x, shape, weight):
    return torch.nn.functional.rms_norm(x, shape, weight, 1e-6)


def _batch_norm(torch, x, mean, variance, weight, bias):
    return torch.nn.functional.batch_norm(x, mean, variance, weight, bias, False, 0.1, 1e-5)


def _batch_trained(torch, x, mean, variance, weight, bias):
    return torch.nn.functional.batch_norm(x, mean, variance, weight, bias, True, 0.1, 1e-5)


def _instance_norm(torch, x, weight, bias):
    return torch.nn.functional.instance_norm(x, weight=weight, bias=bias)


def _channels(m, batch, channels, height, width):
    return [m.normal(batch, channels, height, width), m.normal(channels), m.positive(channels), m.normal(channels),
            m.normal(channels)]


def _grouped(m, batch, channels, height, width):
    return [m.normal(batch, channels, height, width), 32, m.normal(channels), m.normal(channels)]


def _of_channels(m, batch, channels, height, width):
    return [m.normal(batch, channels, height, width), m.normal(channels), m.normal(channels)]


def _topk(*size, **fields):
    return Timed("topk", size, lambda m, rows, length, k: [m.normal(rows, length), k], of("", "topk"),
                 shown=f"{size[0]}x{size[1]}", label=str(size[2]), **fields)


_PLANES, _TINY = (32, 512, 64, 64), (2, 64, 8, 8)
_NORM = {"kwargs": {"eps": 1e-6}}

_REDUCED = [
    *alike("sum mean amax amin argmax argmin any all var std logsumexp", _along(-1)),
    *alike("prod", _near_one),
    Timed("norm", (ROWS, LENGTH), lambda m, *size: [m.normal(*size), 2.0, -1], of("linalg", "vector_norm")),
    Timed("max_dim", (ROWS, LENGTH), _along(-1), of("", "max")),
    Timed("min_dim", (ROWS, LENGTH), _along(-1), of("", "min")),
    *alike("max min", matrix),
    *alike("cumsum", _along(-1)),
    *alike("cumprod", _near_one),
]

_NORMS = [
    *alike("softmax log_softmax", _along(-1)),
    Timed("cross_entropy", (ROWS, LENGTH), _logits, of(_FUNCTIONAL, "cross_entropy")),
    Timed("rms_norm", (ROWS, LENGTH), _weighted(1), _rms_norm, **_NORM),
    Timed("fused_add_rms_norm", (ROWS, LENGTH), _residual, _fused, **_NORM),
    Timed("layer_norm", (ROWS, LENGTH), _weighted(2), of(_FUNCTIONAL, "layer_norm")),
]

_VOCABULARY = [
    Timed("softmax", (MANY, VOCABULARY), _along(-1), of("", "softmax"), asked=ASKED),
    Timed("cross_entropy", (MANY, VOCABULARY), _logits, of(_FUNCTIONAL, "cross_entropy"), asked=ASKED),
    Timed("argmax", (MANY, VOCABULARY), _along(-1), of("", "argmax")),
    Timed("argmax", (1, VOCABULARY), _along(-1), of("", "argmax"), replayed=True),
    Timed("softmax", (1, VOCABULARY), _along(-1), of("", "softmax"), replayed=True, compiled=False),
    _topk(MANY, VOCABULARY, 50),
    _topk(MANY, VOCABULARY, 1000, compiled=False),
    _topk(ROWS, LENGTH, 50, compiled=False),
    _topk(1, VOCABULARY, 50, replayed=True, compiled=False),
    _topk(1, VOCABULARY, 1000, replayed=True, compiled=False),
]

_ORDERED = [
    *alike("sort argsort", _along(-1)),
    Timed("sort", (64, VOCABULARY), _along(-1), of("", "sort"), compiled=False),
    Timed("sort", (1, VOCABULARY), _along(-1), of("", "sort"), replayed=True, compiled=False),
    Timed("msort", (LENGTH, LENGTH), matrix, of("", "msort")),
    Timed("median", (MIDDLE, LENGTH), matrix, of("", "median")),
    Timed("median_dim", (ROWS, LENGTH), _along(-1), of("", "median")),
    # PyTorch's takes f32 and f64, and at most 2^24 elements.
    Timed("quantile", (2048, LENGTH), lambda m, *size: [m.normal(*size), 0.3, -1], of("", "quantile"), dtype="float32"),
    Timed("bincount", (1 << 24,), lambda m, count: [m.integers(0, 1000, count)], of("", "bincount", minlength=1000),
          {"minlength": 1000}, shown="16 Mi", compiled=False),
]

CASES = [
    *at_sizes(_REDUCED),
    Timed("sum", (ROWS, LENGTH), _along(0), of("", "sum"), label="columns", asked=ASKED),
    Timed("amax", (ROWS, LENGTH), _along(0), of("", "amax"), label="columns", asked=ASKED, compiled=False),
    Timed("cumsum", (ROWS, LENGTH), _along(0), of("", "cumsum"), label="columns", asked=ASKED, compiled=False),
    *at_sizes(_NORMS),
    Timed("group_norm", _PLANES, _grouped, of(_FUNCTIONAL, "group_norm"), asked=ASKED, tiny=_TINY),
    Timed("instance_norm", _PLANES, _of_channels, _instance_norm, asked=ASKED, tiny=_TINY),
    Timed("batch_norm", _PLANES, _channels, _batch_norm, asked=ASKED, tiny=_TINY),
    Timed("batch_norm", _PLANES, _channels, _batch_trained, {"training": True}, label="training", tiny=_TINY),
    Timed("rms_norm", (1, 1536), _weighted(1), _rms_norm, replayed=True, **_NORM),
    Timed("fused_add_rms_norm", (1, 1536), _residual, _fused, replayed=True, **_NORM),
    *_VOCABULARY,
    *_ORDERED,
]
