#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The checks themselves: each must find what it is there for."""
import pathlib
import unittest

import layering
import names_and_strings
import one_definition
import project
import readme_sync
import size_budget
import tablegen


class Layering(unittest.TestCase):
    def problem(self, path, name):
        return layering.include_problem(pathlib.PurePosixPath(path), name)

    def test_edges(self):
        self.assertIsNone(self.problem("ops/add.cpp", "girih/dsl/tile.h"))
        self.assertIsNone(self.problem("ops/add.cpp", "girih/ops/ops.h"))
        self.assertIn("above", self.problem("dsl/tile.cpp", "girih/compiler/compiler.h"))
        self.assertIn("above", self.problem("ops/add.cpp", "girih/autotune/tuner.h"))
        self.assertIn("relative", self.problem("ops/add.cpp", "../dsl/tile.h"))

    def test_worlds(self):
        self.assertIsNone(self.problem("compiler/pipeline.cpp", "mlir/IR/Builders.h"))
        self.assertIn("MLIR", self.problem("runtime/jit.cpp", "llvm/ADT/StringRef.h"))
        self.assertIn("CUDA", self.problem("runtime/cuda/driver.cpp", "cuda.h"))
        self.assertIsNone(layering.call_problem(pathlib.PurePosixPath("dsl/support/env.cpp"), "getenv(name)"))
        self.assertIn("getenv", layering.call_problem(pathlib.PurePosixPath("ops/add.cpp"), "std::getenv (name)"))
        self.assertIn("dlopen", layering.call_problem(pathlib.PurePosixPath("ops/add.cpp"), "dlopen(name, 1)"))


class SizeBudget(unittest.TestCase):
    def lengths(self, text):
        return [(first, last) for first, last, _ in size_budget.functions(project.without_comments(text))]

    def test_function_bounds(self):
        text = 'namespace n {\nstruct S {\n  int f() const {\n    return g("}");\n  }\n};\n}\nint\nmain() {\n  if (x) {\n  }\n}\n'
        self.assertEqual(self.lengths(text), [(3, 5), (8, 12)])

    def test_constructor_with_initialisers(self):
        self.assertEqual(self.lengths("S::S(int a) : a_{a}, b_{1} {\n  f();\n}\n"), [(1, 3)])

    def test_data_is_no_function(self):
        self.assertEqual(self.lengths("const int table[] = {\n1,\n2};\nenum class E : int {\n a };\n"), [])

    def test_function_after_data(self):
        self.assertEqual(self.lengths("int a[] = {1};\nvoid f() {\n}\n"), [(2, 3)])


class OneDefinition(unittest.TestCase):
    def problems(self, *bodies):
        texts = [f"namespace n {{\n{body}\n}} // namespace n\n" for body in bodies]
        return one_definition.problems_of(enumerate(texts))

    def test_classes(self):
        self.assertEqual(len(self.problems("class A {\n};", "struct A : B {\n};")), 1)
        self.assertEqual(len(self.problems("template <class T>\nclass A\n    : B {\n};", "enum class A : int {\n};")), 1)
        self.assertEqual(self.problems("class A {\n};", "class A;", "template <>\nstruct A<int> {\n};", "namespace {\nclass A {\n};\n} // namespace"), [])

    def test_functions(self):
        self.assertEqual(len(self.problems("inline int f(int a,\n  int b) {\n}", "inline int f(int c, int b = 1) {\n}")), 1)
        self.assertEqual(len(self.problems("constexpr int f(const A &a) {\n}", "[[nodiscard]] inline int f(const A &) {\n}")), 1)
        self.assertEqual(self.problems("inline X<void()> f(A a) {\n}", "inline X<void()> g(A a) {\n}"), [])
        self.assertEqual(self.problems("inline int f(int a) {\n}", "inline int f(float a) {\n}", "static inline int f(int a) {\n}"), [])


class Others(unittest.TestCase):
    def test_comments_and_literals(self):
        self.assertEqual(project.without_comments('a; // {\n"{"; /* {\n */ b').split(), ["a;", ";", "b"])

    def test_names(self):
        self.assertTrue(names_and_strings.VAGUE.search("string_utils"))
        self.assertFalse(names_and_strings.VAGUE.search("hash"))

    def test_strings(self):
        found = [what for pattern, what in names_and_strings.FORBIDDEN if pattern.search("// TO" + "DO: later")]
        self.assertEqual(found, ["unfinished work"])

    def test_pass_names(self):
        self.assertEqual(tablegen.key("tile-fold-masks"), tablegen.key("FoldMasks"))
        record = {"!name": "FoldMasks", "argument": "tile-fold-masks"}
        self.assertEqual(len(tablegen.check_pass(record, {"foldmasks"}, set())), 1)

    def test_readme_block(self):
        match = readme_sync.BLOCK.search("<!-- file: a/b.cpp#part -->\n```cpp\nint x;\n```\n")
        self.assertEqual((match["path"], match["region"], match["text"]), ("a/b.cpp", "part", "int x;\n"))


if __name__ == "__main__":
    unittest.main()
