# SPDX-License-Identifier: Apache-2.0
import girih

# Every stage of a kernel can be looked at, for any architecture, without a GPU.
vector = girih.Spec((1 << 20,), "bf16")
ptx = girih.kernel("add").inspect(vector, vector, vector, stage="ptx", arch="sm_90a")
print("\n".join(ptx.splitlines()[:12]))

# A recorded Program is text. Whoever reads it back can run it, here on memory of Girih's own.
a, b, c = (girih.zeros(1000, "f32") for _ in range(3))
text = girih.kernel("add").program(a, b, c)
program = girih.Program(text)
program(a, b, c)
print(program.name, program.hash)

try:
    program(a, b, a)
except girih.GirihError as error:
    assert error.id == "overlap"
    print(error)
