# SPDX-License-Identifier: Apache-2.0
"""What moves elements, and random numbers."""
from girih.peers.op_timed import ASKED, LENGTH, MIDDLE, ROWS, SMALL, VOCABULARY, Timed, alike, at_sizes, matrix, of, two

_WIDTH = 1536


def _looked_up(m, rows):
    return [m.integers(0, VOCABULARY if rows > 1000 else 1000, rows), m.normal(VOCABULARY if rows > 1000 else 1000, _WIDTH)]


def _looked_up_bytes(ids, weight):
    row = ids.numel() * weight.shape[1] * weight.itemsize
    return ids.nbytes + row, row


def _embedding(rows, **fields):
    return Timed("embedding", (rows,), _looked_up, of("nn.functional", "embedding"), moved=_looked_up_bytes,
                 shown=f"{rows} of {VOCABULARY}x{_WIDTH}", **fields)


def _pair(m, *size):
    return [two(m, *size)]


def _columns(m, rows, length):
    return [m.normal(rows, length), 1, m.integers(0, length, rows, length)]


def _scattered(m, rows, length):
    """Each row's elements in another order."""
    index = m.uniform(0, 1, rows, length, dtype="float32").argsort(-1)
    return [m.normal(rows, length), 1, index, m.normal(rows, length)]


def _added(m, rows, length):
    return [m.normal(rows, length), 1, m.integers(0, length, rows, length), m.normal(rows, length)]


def _by_rows(m, rows, length):
    return [m.normal(rows, length), 0, m.order(rows), m.normal(rows, length)]


def _reduced(m, rows, length):
    return [*_added(m, rows, length), "amax"]


def _transposed(m, rows, length):
    return [m.normal(length, rows).T]


def _heads_first(m, batch, length, heads, width):
    return [m.normal(batch, length, heads, width).transpose(1, 2)]


def _filled(m, *size):
    return [m.normal(*size), m.bools(*size), 0.5]


def _contiguous(torch, x):
    return x.contiguous()


_CAT = Timed("cat", (ROWS, LENGTH), _pair, of("", "cat"), label="two")
_BF16 = {"dtype": "bf16"}


def _device(torch):
    return "cuda" if torch.cuda.is_available() else "cpu"


def _filling(method, *numbers):
    """A new array, filled by its method."""
    def peer(torch, shape):
        return getattr(torch.empty(shape, dtype=torch.bfloat16, device=_device(torch)), method)(*numbers)

    return peer


def _made(name, peer, *numbers):
    """Random numbers of a shape: nobody's are the other's."""
    return Timed(name, (ROWS, LENGTH), lambda m, *size: [size, *numbers], peer, {"seed": 7, **_BF16}, reference="none", placed=True,
                 moved=lambda shape, *_: (0, 2 * shape[0] * shape[1]))


def _dropped(name):
    return Timed(name, (ROWS, LENGTH), matrix, lambda torch, x: getattr(torch.nn.functional, name)(x, 0.5, True), {"seed": 7},
                 label="half", reference="none", asked=ASKED)


_RANDOM = [
    _made("rand", _filling("uniform_")),
    _made("randn", _filling("normal_")),
    _made("uniform", lambda torch, shape, low, high: _filling("uniform_", low, high)(torch, shape), -1.0, 2.0),
    _made("normal", lambda torch, shape, mean, std: _filling("normal_", mean, std)(torch, shape), 1.0, 2.0),
    _made("exponential", lambda torch, shape, rate: _filling("exponential_", rate)(torch, shape), 2.0),
    Timed("bernoulli", (ROWS, LENGTH), lambda m, *size: [m.uniform(0, 1, *size)], of("", "bernoulli"), {"seed": 7},
          reference="none"),
    _dropped("dropout"),
    _dropped("alpha_dropout"),
    Timed("multinomial", (64, VOCABULARY), lambda m, *size: [m.uniform(0, 1, *size), 1], of("", "multinomial"), {"seed": 7},
          reference="none"),
]

CASES = [
    _embedding(1 << 16, asked=ASKED),
    _embedding(MIDDLE, replayed=True, compiled=False),
    _embedding(SMALL, replayed=True, compiled=False),
    *alike("gather", _columns),
    *alike("scatter", _scattered),
    *alike("scatter_add", _added),
    *alike("scatter_reduce", _reduced),
    Timed("index_select", (ROWS, LENGTH), lambda m, rows, length: [m.normal(rows, length), 0, m.order(rows)], of("", "index_select")),
    *alike("index_copy index_add", _by_rows),
    *at_sizes([_CAT]),
    Timed("cat", (ROWS, LENGTH), _pair, lambda torch, arrays: torch.cat(arrays, 1), {"dim": 1}, label="two, columns", asked=ASKED),
    Timed("stack", (ROWS, LENGTH), _pair, of("", "stack"), label="two", asked=ASKED),
    *at_sizes([Timed("rearrange", (ROWS, LENGTH), _transposed, _contiguous, label="transposed")]),
    Timed("rearrange", (4, 4096, 32, 128), _heads_first, _contiguous, label="heads first", asked=ASKED, tiny=(2, 16, 4, 8)),
    Timed("select_copy", (2, ROWS, LENGTH), lambda m, *size: [m.normal(*size), 0, 1], of("", "select_copy"),
          moved=lambda x, *_: (x[0].nbytes, x[0].nbytes), asked=ASKED, tiny=(2, 16, 32)),
    *(Timed("flip", (ROWS, LENGTH), lambda m, *size, dim=dim: [m.normal(*size), (dim,)], of("", "flip"), label=label)
      for dim, label in ((1, "columns"), (0, "rows"))),
    Timed("rot90", (ROWS, LENGTH), matrix, of("", "rot90")),
    Timed("roll", (ROWS, LENGTH), lambda m, *size: [m.normal(*size), (3, 100), (0, 1)], of("", "roll")),
    Timed("repeat_interleave", (4096, 8, 128), lambda m, *size: [m.normal(*size), 4, 1], of("", "repeat_interleave"), label="4 times",
          tiny=(16, 2, 8)),
    Timed("diag", (8192,), matrix, of("", "diag")),
    *alike("tril triu", matrix),
    Timed("one_hot", (ROWS, LENGTH), lambda m, rows, classes: [m.integers(0, classes, rows), classes], of("nn.functional", "one_hot")),
    *alike("masked_fill", _filled),
    *_RANDOM,
]
