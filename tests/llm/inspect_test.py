#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`girih-llm inspect` of models as they are, of shapes, and of directories that are wrong.

inspect_test.py GIRIH_LLM [unittest arguments]"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "tests/data/llm"
PROGRAM = ""


def inspect(*arguments):
    return subprocess.run([PROGRAM, "inspect", "--device", "host", *map(str, arguments)], capture_output=True, text=True,
                          timeout=100)


def report(*arguments):
    done = inspect("--json", *arguments)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return json.loads(done.stdout)


class Reports(unittest.TestCase):
    def test_built_in(self):
        all = report()
        self.assertEqual(all["config"]["family"], "qwen2")
        self.assertEqual(all["tokenizer"], {"tokens": 1024, "chat": "chatml"})
        self.assertEqual(all["tensors"]["count"], 74)
        # All of it is bf16.
        self.assertEqual(all["tensors"]["bytes"], 2 * all["config"]["parameters"])
        self.assertEqual(all["memory"]["weights_bytes"], all["tensors"]["bytes"])

    def test_each_family(self):
        for folder in sorted(each.name for each in DATA.iterdir() if (each / "config.json").exists()):
            with self.subTest(folder):
                kinds, each = report("--model", DATA / folder), report("--model", DATA / folder, "--tensors")
                self.assertEqual(kinds["config"], each["config"])
                for all in (kinds, each):
                    tensors = all["tensors"]
                    self.assertEqual(sum(one["bytes"] for one in tensors["list"]), tensors["bytes"])
                    self.assertEqual(sum(one["count"] for one in tensors["list"]), tensors["count"])
                self.assertLess(len(kinds["tensors"]["list"]), each["tensors"]["count"])
                stored = sum(path.stat().st_size for path in (DATA / folder).glob("*.safetensors"))
                self.assertLess(each["tensors"]["bytes"], stored)
                self.assertGreater(each["tensors"]["bytes"], stored * 0.98)
                self.assertNotIn("tokenizer", all)

    def test_plan_follows_the_options(self):
        one, eight = report("--context", 256), report("--context", 256, "--batch", 8)
        self.assertEqual(one["memory"]["context"], 256)
        self.assertEqual(one["memory"]["cache_pages"], 16)
        self.assertEqual(eight["memory"]["cache_bytes"], 8 * one["memory"]["cache_bytes"])
        wide = report("--context", 256, "--dtype", "f32")
        self.assertEqual(wide["memory"]["weights_bytes"], 2 * one["memory"]["weights_bytes"])
        self.assertEqual(wide["memory"]["cache_bytes"], 2 * one["memory"]["cache_bytes"])
        self.assertEqual(wide["config"]["dtype"], "bf16")

    def test_shapes_of_any_size(self):
        """What no machine here could load is shown, in no time."""
        all = report("--shape", "Qwen3-30B-A3B", "--dtype", "f32")
        self.assertEqual(all["tensors"]["count"], 18867)
        self.assertEqual(all["tensors"]["source"], "random")
        self.assertGreater(all["memory"]["total_bytes"], 100 << 30)

    def test_config_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(DATA / "qwen3/config.json", folder)
            self.assertEqual(report("--model", folder, "--random-weights")["tensors"]["bytes"],
                             report("--model", DATA / "qwen3")["tensors"]["bytes"])

    def test_text(self):
        done = inspect("--model", DATA / "deepseek_v3_fp8", "--tensors")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"(?s)family +deepseek_v3\n.*latent +q_rank 144, .*rope +type yarn, .*"
                         r"\n +1 model\.layers\.1\.mlp\.experts\.7\.up_proj\.weight +e4m3 +\[160,256\] +40960\n.*"
                         r"memory on host:\n.*cache .*\(512 tokens\)\n.*fits +yes\n$")


class Mistakes(unittest.TestCase):
    def expect(self, done, *words):
        self.assertEqual(done.returncode, 1, done.stdout)
        for each in words:
            self.assertIn(each, done.stderr)

    def test_what_is_not_there(self):
        self.expect(inspect("--model", "nowhere"), "nowhere: is not a directory")
        self.expect(inspect("--shape", "GPT-7"), "no shape 'GPT-7': there are DeepSeek-R1-Distill-Qwen-1.5B")
        with tempfile.TemporaryDirectory() as folder:
            self.expect(inspect("--model", folder), "config.json")
            shutil.copy(DATA / "qwen3/config.json", folder)
            self.expect(inspect("--model", folder), "has no model.safetensors")

    def test_files_that_are_cut_off(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(DATA / "qwen3/config.json", folder)
            path = pathlib.Path(folder) / "model.safetensors"
            path.write_bytes((DATA / "qwen3/model.safetensors").read_bytes()[:-1])
            self.expect(inspect("--model", folder), "MetadataIncompleteBuffer")

    def test_another_models_weights(self):
        """All is shown before it is refused."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(DATA / "qwen3/config.json", folder)
            shutil.copy(DATA / "qwen2/model.safetensors", folder)
            done = inspect("--model", folder)
            self.expect(done, "model.layers.0.self_attn.q_norm.weight: is missing",
                        "model.layers.0.self_attn.q_proj.bias: is no tensor of a model of this config")
            self.assertIn("memory on host:", done.stdout)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
