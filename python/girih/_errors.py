# SPDX-License-Identifier: Apache-2.0
"""The one exception of the package."""


class GirihError(Exception):
    """A refused call. `id` is the catalogue's name of the error ("dtype"), `message` the whole text with its help, and
    `kind` says who must act: "compile" (the kernel), "runtime" (the call) or "internal" (a bug of Girih)."""

    def __init__(self, id, message, kind="runtime"):  # noqa: A002: the catalogue's word
        super().__init__(message)
        self.id = id
        self.message = message
        self.kind = kind

    def __reduce__(self):
        return GirihError, (self.id, self.message, self.kind)
