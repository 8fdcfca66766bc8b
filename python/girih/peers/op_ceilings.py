# SPDX-License-Identifier: Apache-2.0
"""What memory gives: kernels that read and write as much as an operator, and do nothing else."""


class Ceilings:
    """Kernels without work: R blocks read and W written by each program, the smallest numbers near the given mix."""

    def __init__(self, torch):
        import triton
        import triton.language as tl
        self.torch, self.triton = torch, triton
        self.buffers = {}

        def mixed(source, target, reads: tl.constexpr, writes: tl.constexpr, block: tl.constexpr):
            lanes = tl.arange(0, block)
            program = tl.program_id(0).to(tl.int64)
            total = tl.zeros((block,), dtype=tl.int32)
            for i in tl.static_range(reads):
                total += tl.load(source + (program * reads + i) * block + lanes)
            for i in tl.static_range(writes):
                tl.store(target + (program * writes + i) * block + lanes, total)
            if writes == 0:
                tl.store(target + lanes, total, mask=total == -1)  # never: what is read is not negative

        mixed.__globals__["tl"] = tl
        self.kernel = triton.jit(mixed)

    def buffer(self, name, elements):
        if name not in self.buffers or self.buffers[name].numel() < elements:
            self.buffers[name] = self.torch.zeros(elements, device="cuda", dtype=self.torch.int32)
        return self.buffers[name]

    def call(self, read, written, block=2048):
        """A call that moves about as much; and the bytes that it moves."""
        larger = max(read, written)
        mixes = [(r, w) for r in range(9) for w in range(9) if (r, w) == (1, 0) or (r, w) == (0, 1) or (r and w)]
        reads, writes = min(mixes, key=lambda each: (
            round(20 * (abs(each[0] / max(each) - read / larger) + abs(each[1] / max(each) - written / larger))), sum(each)))
        programs = max(1, round((read + written) / ((reads + writes) * block * 4)))
        source = self.buffer("source", max(1, programs * reads) * block)
        target = self.buffer("target", max(1, programs * writes) * block)

        def run():
            self.kernel[(programs,)](source, target, reads, writes, block)

        return run, programs * (reads + writes) * block * 4
