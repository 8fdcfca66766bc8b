# SPDX-License-Identifier: Apache-2.0
"""What the tests of this folder share: optional packages, poisoned outputs, seeded inputs, expected errors."""
import contextlib
import unittest
import zlib

import girih

try:
    import numpy
except ImportError:
    numpy = None
try:
    import torch
except ImportError:
    torch = None

needs_numpy = unittest.skipIf(numpy is None, "NumPy is not installed")
needs_torch = unittest.skipIf(torch is None, "torch is not installed")


class Case(unittest.TestCase):
    """Random numbers of a test depend on its name only."""

    def setUp(self):
        self.seed = zlib.crc32(self.id().encode())
        if numpy is not None:
            self.random = numpy.random.default_rng(self.seed)

    @contextlib.contextmanager
    def refused(self, id, *fragments):  # noqa: A002: the catalogue's word
        """The block raises GirihError of that id, and the text has all fragments."""
        with self.assertRaises(girih.GirihError) as caught:
            yield
        self.assertEqual(caught.exception.id, id, caught.exception.message)
        self.assertNotEqual(caught.exception.kind, "internal", caught.exception.message)
        for fragment in fragments:
            self.assertIn(fragment, caught.exception.message)

    def integers(self, shape, dtype, low=-8, high=9):
        """Integer values: every sum and product of the tests is exact in every dtype."""
        if numpy.dtype(dtype).kind == "u":
            low = 0
        return self.random.integers(low, high, shape).astype(dtype)


def poisoned(shape, dtype):
    """An array that no kernel leaves as it is unnoticed."""
    made = numpy.empty(shape, dtype)
    made.view(numpy.uint8).reshape(-1)[...] = 0xA5 if made.dtype.kind in "iu" else 0xFF
    return made
