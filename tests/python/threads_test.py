# SPDX-License-Identifier: Apache-2.0
"""Many threads on the same kernels and on kernels not compiled yet."""
import concurrent.futures
import functools
import multiprocessing
import threading
import unittest

from expect import Case, girih, needs_numpy, numpy


@needs_numpy
class Threads(Case):
    def test_same_kernel(self):
        inputs = [self.integers((64, 64), "float32") for _ in range(8)]
        expected = [value @ value for value in inputs]
        start = threading.Barrier(8)

        def work(number):
            start.wait()
            for _ in range(20):
                result = girih.ops.matmul(inputs[number], inputs[number])
                numpy.testing.assert_array_equal(result, expected[number])
            return True

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertEqual(list(pool.map(work, range(8))), [True] * 8)

    def test_each_its_own_shapes(self):
        def work(number):
            a = numpy.full((number + 1, 2 * number + 1), number, "float64")
            result = girih.ops.add(a, a)
            numpy.testing.assert_array_equal(result, 2 * a)
            return True

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertTrue(all(pool.map(work, range(100))))

    def test_errors_stay_in_their_thread(self):
        def work(number):
            for _ in range(50):
                try:
                    girih.kernel(f"missing{number}")
                except girih.GirihError as error:
                    if f"missing{number}" not in error.message:
                        return error.message
            return None

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertEqual(list(pool.map(work, range(8))), [None] * 8)

    def test_python_runs_while_a_kernel_does(self):
        a = self.random.standard_normal((1024, 1024)).astype("float32")
        girih.ops.matmul(a, a)
        ticks, stop = [0], threading.Event()

        def tick():
            while not stop.wait(0.0002):
                ticks[0] += 1

        thread = threading.Thread(target=tick)
        thread.start()
        for _ in range(5):
            girih.ops.matmul(a, a)
        stop.set()
        thread.join()
        self.assertGreater(ticks[0], 3)

    def test_fork(self):
        a = self.integers((200, 200), "float32")
        expected = girih.ops.matmul(a, a)
        with multiprocessing.get_context("fork").Pool(2) as pool:
            results = pool.map_async(functools.partial(girih.ops.matmul, a), [a] * 4).get(timeout=120)
        for result in results:
            numpy.testing.assert_array_equal(result, expected)


if __name__ == "__main__":
    unittest.main()
