# SPDX-License-Identifier: Apache-2.0
"""Runs programs for the stages: in time, with everything they print kept in logs.txt."""

import os
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

KEPT = 100_000  # characters of a program's output, from its begin and as many from its end

# Where tools are that are on no path.
FOLDERS = ["/usr/local/cuda/bin", "/usr/local/cuda/compute-sanitizer", "/opt/nvidia/nsight-compute"]


@dataclass
class Finished:
    code: int
    output: str
    seconds: float
    timed_out: bool = False


def shortened(text):
    if len(text) <= 2 * KEPT:
        return text
    return f"{text[:KEPT]}\n[... {len(text) - 2 * KEPT} characters left out ...]\n{text[-KEPT:]}"


class Session:
    def __init__(self, folder, programs, tools=None, clock=time.monotonic):
        self.folder = folder
        self.programs = programs
        self.tools = tools  # the only folder with tools, where one is given
        self.clock = clock
        self.end = None  # of the stage that is at work
        self.earlier = {}  # results of an earlier run, where they are to be completed
        self._log = threading.Lock()

    @property
    def rehearsal(self):
        return self.programs.rehearsal

    def left(self):
        return max(0.0, self.end - self.clock()) if self.end is not None else float("inf")

    def tool(self, name):
        if self.tools is not None:
            return shutil.which(name, path=str(self.tools))
        found = shutil.which(name)
        for folder in FOLDERS:
            if found is None and Path(folder).is_dir():
                found = shutil.which(name, path=folder)
                for path in sorted(Path(folder).glob(f"*/{name}")):
                    found = found or str(path)
        return found

    def execute(self, command, seconds=None, environment=None):
        """Runs a command to its end, or to that of the stage, or for so many seconds."""
        allowed = min(self.left(), float("inf") if seconds is None else seconds)
        begin = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                                   errors="replace", start_new_session=True,
                                   env={**os.environ, **(environment or {})})
        timed_out = False
        try:
            output, _ = process.communicate(timeout=None if allowed == float("inf") else allowed)
        except subprocess.TimeoutExpired:
            timed_out = True
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
        except BaseException:  # Ctrl-C: nothing is left running
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finished = Finished(process.returncode, output, time.monotonic() - begin, timed_out)
        self.log(command, finished)
        return finished

    def log(self, command, finished):
        end = "stopped: out of time" if finished.timed_out else f"exit status {finished.code}"
        text = (f"$ {' '.join(str(word) for word in command)}\n{shortened(finished.output)}\n"
                f"-- {end}, {finished.seconds:.1f} s\n\n")
        with self._log, open(self.folder / "logs.txt", "a") as log:
            log.write(text)
