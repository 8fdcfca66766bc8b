# SPDX-License-Identifier: Apache-2.0
"""torch tensors, on the CPU and, where there is one, on a GPU."""
import gc
import unittest

from expect import Case, girih, needs_numpy, needs_torch, numpy, torch


@needs_torch
class OnTorch(Case):
    def setUp(self):
        super().setUp()
        torch.manual_seed(self.seed)
        self.devices = ["cpu"] + (["cuda"] if torch.cuda.is_available() and girih.device_count() else [])

    def integers(self, shape, dtype, device="cpu"):
        return torch.randint(0 if dtype == torch.uint8 else -8, 9, shape, device=device).to(dtype)

    def test_add(self):
        dtypes = (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16,
                  torch.int8, torch.uint8)
        for device in self.devices:
            for dtype in dtypes:
                for size in (0, 1, 127, 1009):
                    with self.subTest(device=device, dtype=dtype, size=size):
                        a, b = self.integers((size,), dtype, device), self.integers((size,), dtype, device)
                        for _ in range(2):  # by a plan, then by the C exchange table
                            result = girih.ops.add(a, b)
                            self.assertEqual((result.dtype, result.device), (dtype, a.device))
                            self.assertTrue(torch.equal(result, a + b))

    def test_matmul(self):
        for device in self.devices:
            for dtype in (torch.float32, torch.bfloat16):
                a, b = self.integers((33, 70), dtype, device), self.integers((50, 70), dtype, device)
                expected = (a.double() @ b.double().T).to(dtype)
                for _ in range(2):
                    self.assertTrue(torch.equal(girih.ops.matmul(a, b.T), expected))

    def test_exchange_table(self):
        if not hasattr(torch.Tensor, "__dlpack_c_exchange_api__"):
            self.skipTest(f"torch {torch.__version__} has no C exchange table")
        kernel = girih.Kernel("add")
        kernel(torch.ones(3), torch.ones(3), torch.ones(3))
        self.assertIsNotNone(kernel._callers[torch.Tensor])

    def test_resized_in_place(self):
        kernel = girih.kernel("add")
        a, out = torch.ones(10), torch.empty(10)
        kernel(a, a, out)
        kernel(a, a, out)
        a.resize_(20).fill_(3)
        out.resize_(20)
        kernel(a, a, out)
        self.assertTrue(torch.equal(out, torch.full((20,), 6.0)))
        a.set_(torch.full((20,), 5.0))
        kernel(a, a, out)
        self.assertTrue(torch.equal(out, torch.full((20,), 10.0)))

    def test_parameters_and_views(self):
        weight = torch.nn.Parameter(torch.ones(4, 6))
        out = torch.empty(6, 4)
        for _ in range(2):
            girih.kernel("add")(weight.T, weight.T, out)
        self.assertTrue(torch.equal(out, torch.full((6, 4), 2.0)))

    @needs_numpy
    def test_mixed_with_numpy(self):
        out = torch.empty(5)
        for _ in range(2):
            girih.kernel("add")(torch.ones(5), numpy.ones(5, "float32"), out)
        self.assertTrue(torch.equal(out, torch.full((5,), 2.0)))

    def test_refused(self):
        with self.refused("dtype", "complex"):
            girih.ops.add(torch.zeros(3, dtype=torch.complex64), torch.zeros(3))
        with self.refused("argument", "layout"):
            girih.ops.add(torch.eye(3).to_sparse(), torch.eye(3))
        with self.refused("argument", "meta"):
            girih.ops.add(torch.zeros(3, device="meta"), torch.zeros(3))
        with self.refused("argument", "negative bit"):
            girih.Kernel("add")(torch._neg_view(torch.ones(3)), torch.ones(3), torch.empty(3))
        with self.refused("argument", "negative bit"):
            girih.from_dlpack(torch._neg_view(torch.ones(3)))
        for _ in range(2):
            with self.refused("overlap"):
                a = torch.ones(3)
                girih.kernel("add")(a, a, a)
        if "cuda" in self.devices:
            with self.refused("device"):
                girih.ops.add(torch.zeros(3, device="cuda"), torch.zeros(3))

    def test_lazy_negation_on_the_quick_path(self):
        for dtype, real in ((torch.complex64, torch.float32), (torch.complex128, torch.float64)):
            negated = torch.full((5,), 2 - 3j, dtype=dtype).conj().imag
            self.assertTrue(negated.is_neg())
            ones, out = torch.ones(5, dtype=real), torch.zeros(5, dtype=real)
            kernel = girih.Kernel("add")
            kernel(ones, ones, out)
            kernel(ones, ones, out)
            for arrays in ((negated, ones, out), (ones, negated, out), (ones, ones, negated)):
                with self.refused("argument", "resolve_neg"):
                    kernel(*arrays)
            kernel(negated.resolve_neg(), ones, out)
            self.assertTrue(torch.equal(out, torch.full((5,), 4, dtype=real)))

    def test_dlpack_both_ways(self):
        array = girih.zeros((2, 3), "f32")
        tensor = torch.from_dlpack(array)
        tensor += 4
        del array
        gc.collect()
        self.assertTrue(torch.equal(tensor, torch.full((2, 3), 4.0)))
        back = girih.from_dlpack(tensor)
        self.assertEqual(back.data_ptr(), tensor.data_ptr())

    def test_current_stream(self):
        if "cuda" not in self.devices:
            self.skipTest("no CUDA device")
        stream = torch.cuda.Stream()
        a, out = torch.ones(1 << 24, device="cuda"), torch.zeros(1 << 24, device="cuda")
        girih.ops.add(a, a, out=out)
        torch.cuda.synchronize()
        with torch.cuda.stream(stream):
            torch.cuda._sleep(50_000_000)
            a.fill_(4)
            girih.ops.add(a, a, out=out)  # after the fill, though the default stream is free
        stream.synchronize()
        self.assertEqual(out.min().item(), 8)

    def test_cuda_graph(self):
        if "cuda" not in self.devices:
            self.skipTest("no CUDA device")
        a, out = torch.ones(1000, device="cuda"), torch.zeros(1000, device="cuda")
        girih.ops.add(a, a, out=out)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            girih.ops.add(a, a, out=out)
        a.fill_(21)
        graph.replay()
        self.assertEqual(out.max().item(), 42)


if __name__ == "__main__":
    unittest.main()
