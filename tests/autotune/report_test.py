#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The report of a sweep, looked at in a browser: Debian's chromium, without a screen and without a network."""
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

SKIPPED = 77
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "chromium-headless-shell"]


def browse(browser, folder, *arguments):
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--proxy-server=127.0.0.1:9",
         f"--user-data-dir={folder}/profile", "--window-size=1100,2400", "--virtual-time-budget=5000", *arguments],
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done


def png_colours(path):
    """How many different pixels a PNG of 8-bit channels has, and its size."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert depth == 8 and kind in (2, 6)
    channels = 3 if kind == 2 else 4
    at, packed = 8, b""
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at:at + 8])
        if name == b"IDAT":
            packed += data[at + 8:at + 8 + length]
        at += 12 + length
    # Filtered bytes differ where pixels do: enough to tell a picture from an empty page.
    rows = zlib.decompress(packed)
    stride = 1 + width * channels
    busy = sum(any(rows[row * stride + 1:(row + 1) * stride]) for row in range(height))
    return width, height, busy


def check_text(page):
    text = page.read_text()
    assert not re.search(r"(src|href)=\"(?!#)", text), "the page refers to something outside it"
    assert not re.search(r"https?://(?!www\.w3\.org)", text), "the page names an address"
    return text


def main():
    tune = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [tune, "matmul", "--shapes", "64x64x64,128x64x96", "--dtype", "f32", "--device", "host", "--candidates", "16", "--budget",
             "20s", "--store", "off", "--out", f"{folder}/out"], check=True, capture_output=True, timeout=200)
        page = Path(folder) / "out" / "report.html"
        text = check_text(page)
        assert text.count("<svg") == 3, "a roofline and two plots of the best so far"
        # Whatever the range, there are numbers to read a plot by.
        for plot in re.findall(r"<svg.*?</svg>", text, re.S):
            assert len(re.findall(r'text-anchor="end">[0-9.]+[kMGT]?</text>', plot)) >= 2, plot[:2000]
        browser = next((found for each in BROWSERS if (found := shutil.which(each))), None)
        if not browser:
            print("skipped: no chromium here (apt-get install chromium); the text of the page was checked")
            return SKIPPED
        seen = browse(browser, folder, "--dump-dom", page.as_uri()).stdout
        # What the page's own script draws: rows and columns of the heat maps.
        heat = re.findall(r'<td style="background:\s*hsl\([^"]*\)[^"]*" title="BK=[^"]*">([0-9.e+]+)</td>', seen)
        assert len(heat) >= 8, f"only {len(heat)} fields of heat maps"
        assert all(float(each) > 0 for each in heat)
        assert seen.count('class="candidates"') == 2 and seen.count('<tr class="chosen">') == 2
        assert 'id="summary"' in seen
        picture = Path(folder) / "report.png"
        browse(browser, folder, f"--screenshot={picture}", page.as_uri())
        width, height, busy = png_colours(picture)
        assert (width, height) == (1100, 2400) and busy > height / 4, f"an empty page: {busy} of {height} rows"
        print(f"{len(heat)} fields of heat maps, {busy} rows of the picture are not empty, by {browser}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
