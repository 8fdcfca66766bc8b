# SPDX-License-Identifier: Apache-2.0
import numpy as np

import girih

a = np.random.default_rng(1).standard_normal((300, 200)).astype("float32")
b = np.random.default_rng(2).standard_normal((200, 100)).astype("float32")

c = girih.ops.matmul(a, b)  # a new NumPy array
d = girih.ops.add(c, c[0])  # shapes broadcast as in NumPy
girih.kernel("matmul")(a, b, c, config="BM=32 BN=32 BK=32")  # the kernel itself, with a Config of yours
print(girih.kernel("matmul").default_config(a, b, c))

assert np.allclose(c, a @ b, atol=1e-4) and np.allclose(d, a @ b + a[0] @ b, atol=1e-4)
