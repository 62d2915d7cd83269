# SPDX-License-Identifier: Apache-2.0
"""For test programs in Python that need the lab: programs in front of PATH, exit code 77 without root, the lab up."""
import contextlib
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
RUN_DIR = pathlib.Path("/run/superspan/lab")
SKIPPED = 77  # ctest knows it


def quiet(*words):
    return subprocess.run(words, capture_output=True, check=False, text=True)


def begin(bin_folder):
    """To be called first: puts the programs in front of PATH, ends the test where the lab cannot be raised."""
    os.environ["PATH"] = f"{pathlib.Path(bin_folder).resolve()}:{os.environ['PATH']}"
    os.environ["NO_COLOR"] = "1"
    if os.geteuid() != 0:
        print("SKIPPED: the lab needs root")
        sys.exit(SKIPPED)


def raise_lab(*flags):
    """Takes down what an earlier run may have left, and raises the lab."""
    quiet("superspan", "lab", "down")
    up = quiet("superspan", "lab", "up", *flags)
    assert up.returncode == 0, up.stderr


@contextlib.contextmanager
def lab(*flags):
    try:
        raise_lab(*flags)
        yield
    finally:
        quiet("superspan", "lab", "down")
