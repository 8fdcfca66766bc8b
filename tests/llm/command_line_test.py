#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What girih-llm says to a user who asks for what cannot be, and its status.

command_line_test.py GIRIH_LLM [unittest arguments]"""
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "tests/data/llm"
BARD = ROOT / "examples/llm/data/bard-5m"
PROGRAM = ""


def call(command, *arguments, **options):
    device = () if command == "tokenize" else ("--device", "host")
    return subprocess.run([PROGRAM, command, *device, *map(str, arguments)], capture_output=True, text=True, timeout=100,
                          **options)


class CommandLine(unittest.TestCase):
    def refused(self, words, *arguments, status=1):
        done = call(*arguments)
        self.assertIn(words, done.stderr)
        if status is None:  # the option parser's
            self.assertNotIn(done.returncode, (0, 1))
        else:
            self.assertEqual(done.returncode, status)
        return done


class Prompts(CommandLine):
    def test_of_logits(self):
        self.refused("prompt: token 1024 is not among the 1024 of the model", "logits", "--tokens", "1,1024")
        self.refused("prompt: token -1 is not among", "logits", "--tokens=-1")
        self.refused("prompt: is empty", "logits", "")
        most = json.loads((BARD / "config.json").read_text())["max_position_embeddings"]
        self.refused(f"prompt: has {most + 1} tokens, but the context is {most}", "logits", "--tokens",
                     ",".join(["1"] * (most + 1)))

    def test_last_logits_are_those_of_all(self):
        rows = [json.loads(line) for line in call("logits", "--all", "--dtype", "f32", "To be").stdout.splitlines()]
        self.assertEqual([each["id"] for each in rows], [403, 308])
        one = json.loads(call("run", "--json", "--logits", "--dtype", "f32", "--max-new", 3, "To be").stdout)
        self.assertEqual(len(one["logits"]), 1024)
        for a, b in zip(one["logits"], rows[-1]["logits"]):
            self.assertAlmostEqual(a, b, 3)

    def test_lists_leave_the_prompt(self):
        for option in (["--stop", "sir"], ["--stop", "sir", "--stop", "Provost"]):
            done = call("run", "--json", "--max-new", 1, *option, "To be")
            self.assertEqual(json.loads(done.stdout)["prompt_ids"], [403, 308], done.stderr)
        done = call("run", "--json", "--max-new", 1, "--tokens", "1,2", "--tokens", "3")
        self.assertEqual(json.loads(done.stdout)["prompt_ids"], [1, 2, 3])
        for command in ("run", "logits"):
            self.refused("excludes --tokens", command, "--tokens", "1,2", "To be", status=None)

    def test_ranges(self):
        self.refused("presence_penalty: must be from -1e6 to 1e6", "run", "--presence-penalty", "1e9", "To be")
        for command in ("run", "chat", "inspect"):
            for context in (0, -5):
                self.refused(f"--context: Value {context} not in range", command, f"--context={context}", status=None)

    def test_nothing_is_taken_for_something_else(self):
        for command in ("run", "chat", "inspect", "tokenize"):
            self.refused("--model: must not be empty", command, "--model", "", status=None)
        self.refused("--shape: must not be empty", "inspect", "--shape", "", status=None)
        self.refused("--input: must not be empty", "tokenize", "--input", "", status=None)
        for option in ("--seed", "--top-k", "--logprobs"):
            self.refused(f"{option}: 99999999999999999999 is no whole number", "run", option, "9" * 20, "a", status=None)
        self.assertEqual(call("run", "--seed", "-9223372036854775808", "--max-new", 1, "a").returncode, 0)
        self.refused("id 0: 999999 is not among the 1024 of the tokenizer", "tokenize", "--decode", "999999")

    def test_eight_bits(self):
        scaled = DATA / "deepseek_v3_fp8"
        one = call("run", "--model", scaled, "--quantised", "--tokens", "1,2", "--max-new", 1)
        self.assertEqual(one.returncode, 0, one.stderr)
        self.refused("has no weights in eight bits: leave --quantised out", "run", "--quantised", "--tokens", "1,2")


class Directories(CommandLine):
    def copied(self, folder, name, **changes):
        """A model of the tests whose config is changed."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
        for each in (DATA / name).iterdir():
            shutil.copy(each, folder)
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **changes}))
        return folder

    def test_files_come_before_memory(self):
        with tempfile.TemporaryDirectory() as folder:
            model = self.copied(folder, "qwen3", hidden_size=1 << 17, vocab_size=1 << 22)
            done = self.refused("model.embed_tokens.weight: ", "run", "--model", model, "--tokens", 1)
            self.assertNotIn("there is too little", done.stderr)
            self.refused("there is too little", "run", "--model", model, "--random-weights", "--tokens", 1)

    def test_random_weights_have_a_tokenizer(self):
        with tempfile.TemporaryDirectory() as folder:
            for each in BARD.glob("*.json"):
                shutil.copy(each, folder)
            done = call("run", "--model", folder, "--random-weights", "--json", "--max-new", 1, "To be")
            self.assertEqual(json.loads(done.stdout)["prompt_ids"], [403, 308], done.stderr)
            self.refused("has no model.safetensors", "run", "--model", folder, "To be")

    def test_texts_are_said_with_their_file(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(BARD, folder, dirs_exist_ok=True)
            (pathlib.Path(folder) / "generation_config.json").write_text('{"top_p": 0}')
            self.refused("generation_config.json: top_p: must be", "run", "--model", folder, "a")
            (pathlib.Path(folder) / "generation_config.json").unlink()
            (pathlib.Path(folder) / "chat_template.jinja").write_bytes(b"<|im_start|>\xff")
            for command in (["run"], ["tokenize"]):
                self.refused("chat_template.jinja: byte 12: is not UTF-8", *command, "--model", folder, "a")


class Output(CommandLine):
    def test_that_is_lost(self):
        few = ["--device", "host", "--max-new", "2", "--quiet", "To be"]
        for arguments in (["run", *few], ["run", "--json", *few], ["tokenize", "To be"], ["tokenize", "To be " * 9999],
                          ["inspect", "--device", "host"], ["logits", "--device", "host", "--all", "To be or"], ["--help"]):
            with open("/dev/full", "w") as full:
                done = subprocess.run([PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=100)
            self.assertEqual(done.stderr, "girih-llm: standard output: cannot be written\n")
            self.assertEqual(done.returncode, 1)


class Interrupts(CommandLine):
    def interrupted(self, *arguments):
        """Of a run of 900 tokens that Ctrl-C comes to as soon as it is looked for."""
        process = subprocess.Popen([PROGRAM, "run", "--device", "host", "--ignore-eos", "--max-new", "900", *arguments, "Speak"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        status = pathlib.Path(f"/proc/{process.pid}/status")
        while not int(re.search(r"SigCgt:\s*(\S+)", status.read_text())[1], 16) & 1 << (signal.SIGINT - 1):
            self.assertIsNone(process.poll())
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=100)
        self.assertEqual(process.returncode, 130, error)
        return out

    def test_what_was_made_is_whole(self):
        one = json.loads(self.interrupted("--json"))
        self.assertEqual(one["finish"], "cancelled")
        self.assertLess(len(one["ids"]), 900)
        self.assertRegex(self.interrupted("--quiet"), r"(?s)^Speak.*\n$")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
