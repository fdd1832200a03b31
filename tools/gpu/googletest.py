# SPDX-License-Identifier: Apache-2.0
"""What a program of GoogleTest printed, also where it did not come to its end."""

import re
from dataclasses import dataclass, field

END = re.compile(r"^\[ +(OK|FAILED|SKIPPED) +\] (\S+?),? .*?\(\d+ ms\)$")
START = re.compile(r"^\[ RUN      \] (\S+)$")
LINES_OF_A_MESSAGE = 12


@dataclass
class Tests:
    passed: int = 0
    failures: list = field(default_factory=list)  # "name: message"
    skipped: list = field(default_factory=list)   # the same
    running: str = ""  # what had begun when the program ended


def parse(text):
    tests = Tests()
    message = []
    for line in text.splitlines():
        started, ended = START.match(line), END.match(line)
        if started:
            tests.running, message = started[1], []
        elif ended and tests.running:
            told = f"{tests.running}: {shortened(message)}"
            if ended[1] == "OK":
                tests.passed += 1
            else:
                (tests.failures if ended[1] == "FAILED" else tests.skipped).append(told)
            tests.running = ""
        elif tests.running:
            message.append(line)
    return tests


def listed(text):
    """The names of the tests that --gtest_list_tests prints."""
    names, suite = [], ""
    for line in text.splitlines():
        word = line.split("#")[0].rstrip()
        if line.startswith("  ") and suite:
            names.append(suite + word.strip())
        else:
            suite = word if word.endswith(".") and " " not in word else ""
    return names


def shortened(message):
    lines = [line.strip() for line in message if line.strip() and line.strip() != "Skipped"]
    kept = " | ".join(lines[:LINES_OF_A_MESSAGE])
    return kept if len(kept) <= 600 else kept[:600] + " ..."


def outcome(name, finished):
    """(tests, failures, unfinished) of a program that ran under a session."""
    tests = parse(finished.output)
    failures = [f"{name}: {failure}" for failure in tests.failures]
    unfinished = [f"{name}: {skipped}" for skipped in tests.skipped]
    at = f" in {tests.running}" if tests.running else ""
    if finished.timed_out:
        unfinished.append(f"{name}: out of time after {finished.seconds:.0f} s{at}")
    elif finished.code < 0:
        failures.append(f"{name}: ended by signal {-finished.code}{at}")
    elif tests.running:
        failures.append(f"{name}: ended with status {finished.code}{at}")
    elif finished.code != 0 and not failures:
        lines = finished.output.strip().splitlines()
        failures.append(f"{name}: exit status {finished.code}: {lines[-1] if lines else ''}")
    elif tests.passed + len(failures) + len(unfinished) == 0:
        failures.append(f"{name}: ran no test")
    return tests, failures, unfinished
