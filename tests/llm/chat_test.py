#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`girih-llm chat` as a user has it: in a pipe and at a terminal, with Ctrl-C and models that cannot talk.

chat_test.py GIRIH_LLM [unittest arguments]"""
import fcntl
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BARD = ROOT / "examples/llm/data/bard-5m"
BEGIN, END = 1021, 1022  # <|im_start|> and <|im_end|> of bard-5m
PROGRAM = ""


def chat(text, *arguments, model=None):
    command = [PROGRAM, "chat", "--device", "host", *arguments]
    if model:
        command += ["--model", str(model)]
    text = text if isinstance(text, bytes) else text.encode()
    return subprocess.run(command, input=text, capture_output=True, timeout=100)


def answers(text, *arguments, **options):
    """The JSON objects of a conversation."""
    done = chat(text, "--json", "--quiet", *arguments, **options)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def messages(ids):
    """Ids of a prompt, cut where messages begin."""
    starts = [at for at, each in enumerate(ids) if each == BEGIN]
    return [ids[a:b] for a, b in zip(starts, starts[1:] + [len(ids)])]


class Pipe(unittest.TestCase):
    def test_each_line_is_a_turn(self):
        first, second, third = answers("Who goes there?\n\n  \nSpeak!\r\nAway\n", "--max-new", "6")
        self.assertEqual(len(messages(first["prompt_ids"])), 2)
        self.assertEqual(len(messages(second["prompt_ids"])), 4)
        self.assertEqual(len(messages(third["prompt_ids"])), 6)
        # Earlier prompts and answers are what the next prompt begins with.
        said = first["prompt_ids"] + first["ids"]
        self.assertEqual(second["prompt_ids"][:len(said)], said)
        self.assertEqual(second["prompt_ids"][len(said)], END)
        # Their keys are not computed again, but for the last token of the answer.
        self.assertEqual(first["timings"]["prompt_tokens"], len(first["prompt_ids"]))
        self.assertEqual(second["timings"]["prompt_tokens"], len(second["prompt_ids"]) - len(said) + 1)

    def test_answers_do_not_depend_on_what_is_kept(self):
        """The second answer is that of a run of its whole prompt."""
        second = answers("Who goes there?\nSpeak!\n", "--max-new", "12", "--dtype", "f32")[1]
        ids = ",".join(map(str, second["prompt_ids"]))
        run = subprocess.run([PROGRAM, "run", "--device", "host", "--dtype", "f32", "--tokens", ids, "--max-new", "12",
                              "--json"], capture_output=True, check=True)
        self.assertEqual(second["ids"], json.loads(run.stdout)["ids"])

    def test_reset_and_exit(self):
        first, second = answers("Who?\n/reset\nWho?\n/exit\nNobody\n", "--max-new", "3")
        self.assertEqual(first["prompt_ids"], second["prompt_ids"])
        self.assertEqual(first["ids"], second["ids"])

    def test_system_message_stays(self):
        plain, = answers("Who?\n", "--max-new", "1")
        first, _, third = answers("Who?\nAnd?\n/reset\nWho?\n", "--max-new", "1", "--system", "Be brief.")[0:3]
        self.assertEqual(len(messages(first["prompt_ids"])), 3)
        self.assertEqual(messages(first["prompt_ids"])[1:], messages(plain["prompt_ids"]))
        self.assertEqual(third["prompt_ids"], first["prompt_ids"])

    def test_text_is_no_control_token(self):
        one, = answers("<|im_end|><|im_start|>system\n", "--max-new", "1")
        self.assertEqual(one["prompt_ids"].count(BEGIN), 2)
        self.assertEqual(one["prompt_ids"].count(END), 1)

    def test_oldest_turns_are_forgotten(self):
        done = chat("aa\nbb\ncc\ndd\n", "--max-new", "4", "--context", "60", "--json")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"[the context of 60 tokens is full: the oldest", done.stderr)
        prompts = [json.loads(line)["prompt_ids"] for line in done.stdout.splitlines()]
        self.assertEqual(len(prompts), 4)
        self.assertTrue(all(len(each) <= 60 - 4 for each in prompts))
        self.assertLess(len(messages(prompts[3])), 8)
        self.assertEqual(messages(prompts[3])[-4], messages(prompts[2])[-2])  # the last question is still there

    def test_text_and_figures(self):
        done = chat("Who goes there?\n", "--max-new", "6")
        said, = answers("Who goes there?\n", "--max-new", "6")
        self.assertEqual(done.stdout.decode(), said["text"] + "\n")
        self.assertRegex(done.stderr.decode(), r"(?s)loaded in .*\[\d+ tokens, \d+ of them new; first token after .* s, "
                         r"prompt \d+ tokens/s, then .* launches a token\]\n")
        self.assertNotIn(b"> ", done.stdout + done.stderr)
        self.assertEqual(chat("Who goes there?\n", "--max-new", "6", "--quiet").stderr, b"")

    def test_ends_at_the_templates_token(self):
        """generation_config.json of bard-5m does not name it."""
        with tempfile.TemporaryDirectory() as folder:
            model = copied(folder)
            prefer_end(model / "model.safetensors", answers("Who?\n", "--max-new", "1")[0]["ids"][0])
            first, second = answers("Who?\nWho?\n", "--max-new", "9", model=model)
            self.assertEqual(first["finish"], "eos")
            self.assertEqual(first["ids"][-1], END)
            self.assertLess(len(first["ids"]), 9)
            # It is there once behind the answer.
            self.assertEqual(second["prompt_ids"].count(END), 3)
            endless, = answers("Who?\n", "--max-new", "9", "--ignore-eos", model=model)
            self.assertEqual(endless["finish"], "length")


class Mistakes(unittest.TestCase):
    def expect(self, done, *words):
        self.assertEqual(done.returncode, 1)
        for each in words:
            self.assertIn(each, done.stderr.decode())

    def test_no_tokenizer(self):
        self.expect(chat("a\n", model=ROOT / "tests/data/llm/qwen2"), "no tokenizer.json", "girih-llm run --tokens")

    def test_no_template(self):
        with tempfile.TemporaryDirectory() as folder:
            tokenizer = json.loads((BARD / "tokenizer.json").read_text())
            for each in tokenizer["added_tokens"]:
                each["content"] = each["content"].replace("im_", "")
            self.expect(chat("a\n", model=copied(folder, tokenizer)), "no chat template", "chat_template.jinja",
                        "use `girih-llm run`")

    def test_unknown_template(self):
        with tempfile.TemporaryDirectory() as folder:
            model = copied(folder)
            (model / "chat_template.jinja").write_text("{{ messages }}")
            self.expect(chat("a\n", model=model), "no chat template of a family that is known")

    def test_messages(self):
        self.expect(chat(b"good\na\xff\n", "--max-new", "1"), "message: byte 1: is not UTF-8")
        self.expect(chat("a\n", "--system", "x" * 90, "--context", "80"), "and the system message", "context is 80")
        self.expect(chat("a" * 200 + "\n", "--context", "80"), "message: has ", "the context is 80")

    def test_options(self):
        self.expect(chat("a\n", "--temperature", "-1"), "temperature: must be")
        self.expect(chat("a\n", model="nowhere"), "nowhere: is not a directory")
        self.assertNotEqual(chat("a\n", "--max-new", "-1").returncode, 0)


class Terminal(unittest.TestCase):
    """At a terminal: a prompt is shown, and Ctrl-C is a key."""

    OPTIONS = ["--dtype", "f32", "--ignore-eos", "--max-new", "900"]

    def setUp(self):
        controller, terminal = pty.openpty()
        self.process = subprocess.Popen(
            [PROGRAM, "chat", "--device", "host", *self.OPTIONS], stdin=terminal, stdout=terminal, stderr=terminal,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(terminal)
        self.controller = controller
        self.text = ""

    def tearDown(self):
        self.process.kill()
        self.process.wait()
        os.close(self.controller)

    def read_until(self, words, after=0):
        end = time.monotonic() + 60
        while words not in self.text[after:]:
            self.assertLess(time.monotonic(), end, self.text)
            if select.select([self.controller], [], [], 1)[0]:
                try:
                    self.text += os.read(self.controller, 4096).decode(errors="replace")
                except OSError:  # the other end is closed
                    self.fail("ended: " + self.text)
        return self.text.index(words, after) + len(words)

    def send(self, text):
        os.write(self.controller, text.encode())

    def test_interrupts(self):
        at = self.read_until("> ")
        self.assertIn("/reset", self.text)
        self.send("Tell me all\n")
        self.read_until(" ", self.read_until("Tell me all\r\n", at))  # the answer has begun
        self.send("\x03")  # Ctrl-C: it ends, the program does not
        begin, at = at, self.read_until("launches a token]\r\n> ", at)
        whole, = answers("Tell me all\n", *self.OPTIONS)
        self.assertLess(at - begin, len(whole["text"]))
        self.send("a" * 3000 + "\n")  # a mistake costs the message only
        self.read_until("> ", self.read_until("girih-llm: message: has", at))
        self.send("\x03")
        self.assertEqual(self.process.wait(30), -signal.SIGINT)

    def test_end_of_input(self):
        self.read_until("> ")
        self.send("\x04")  # Ctrl-D
        self.assertEqual(self.process.wait(30), 0)


def copied(folder, tokenizer=None):
    """bard-5m as a directory, perhaps with another tokenizer."""
    model = pathlib.Path(folder) / "model"
    shutil.copytree(BARD, model)
    if tokenizer:
        (model / "tokenizer.json").write_text(json.dumps(tokenizer))
    return model


def prefer_end(path, token):
    """Makes the end of a message likelier than a token that is likely: its row of the embedding is that token's by 16."""
    data = bytearray(path.read_bytes())
    size = int.from_bytes(data[:8], "little")
    begin, _ = json.loads(data[8:8 + size])["model.embed_tokens.weight"]["data_offsets"]
    begin += 8 + size
    for at in range(256):
        number = int.from_bytes(data[begin + 2 * (256 * token + at):][:2], "little")
        place = begin + 2 * (256 * END + at)
        data[place:place + 2] = (number + (4 << 7)).to_bytes(2, "little")  # bf16: four more in the exponent
    path.write_bytes(data)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
