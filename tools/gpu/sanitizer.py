# SPDX-License-Identifier: Apache-2.0
"""The stage sanitizer: compute-sanitizer's four tools over a reduced list."""

import re
from dataclasses import dataclass, field
from typing import Callable

import googletest
from checks import missing
from results import judged, not_run
from shares import Job, divide, spread

TOOLS = {"memcheck": ["--leak-check", "full"], "racecheck": [], "initcheck": [], "synccheck": []}
FOUND = 99  # the exit status that the checker is asked for where it finds anything
SUMMARY = re.compile(r"^=+ (?:ERROR|RACECHECK) SUMMARY: (.*)$", re.MULTILINE)
LEAKS = re.compile(r"^=+ LEAK SUMMARY: (\d+) bytes leaked", re.MULTILINE)
# A line that opens a finding; those that follow are indented and say where.
OPENING = re.compile(r"^=+ (?!COMPUTE-SANITIZER|\w+ SUMMARY)(\S.*)$")
PLACE = re.compile(r"^=+ {4,}(at |by thread|and |in )(.*)$")


def parse(text):
    """(summary or None, findings): each finding is one line, with its place."""
    findings, last = [], None
    for line in text.splitlines():
        opening, place = OPENING.match(line), PLACE.match(line)
        if opening:
            findings.append(opening[1])
            last = len(findings) - 1
        elif place and last is not None and findings[last].count(" | ") < 2:
            findings[last] += " | " + place[1] + place[2]
    summary = SUMMARY.search(text)
    leaks = LEAKS.search(text)
    if leaks and int(leaks[1]) > 0:
        findings.append(f"{leaks[1]} bytes leaked")
    return (summary[1].strip() if summary else None), findings


def counted(summary):
    """How many errors a summary tells of: '3 errors', '2 hazards displayed (1 error, 1 warning)'."""
    return int(re.match(r"(\d+)", summary)[1])


@dataclass
class Listing:
    """What is checked of a program, and the words that run some of it."""

    name: str
    items: list
    command: Callable


def lists(session):
    """In the order of their value. Layers leave workspaces as they were allocated."""
    plan, programs = session.programs.plan, session.programs
    layers, ops = programs.path("layers"), programs.path("ops_tests")
    names = plan.layers or session.execute([layers, "--list"], 60).output.split()
    found = [Listing("layers", spread(names), lambda items: [
        layers, "--most-elements", plan.checked_elements, *items])]
    for tests in plan.checked_ops:
        listed = session.execute([ops, "--gtest_list_tests", "--gtest_filter=" + tests], 60)
        found.append(Listing("ops " + tests, spread(googletest.listed(listed.output)),
                             lambda items: [ops, "--gtest_filter=" + ":".join(items)]))
    return found


@dataclass
class Check(Job):
    """One tool and one list: what is left to do of it, and what was found."""

    tool: str = ""
    listing: Listing = None
    checked: int = 0
    errors: int = 0
    failures: list = field(default_factory=list)
    refusal: str = ""  # why the checker did not work

    @property
    def label(self):
        return f"{self.tool} {self.listing.name}"

    def judge(self, items, finished):
        """Whether these items are done with."""
        summary, findings = parse(finished.output)
        if summary is None:
            if finished.timed_out:  # what it has told so far counts
                self.errors += len(findings)
                self.failures += findings
            else:
                self.refusal = " | ".join(findings[:3] or [f"exit status {finished.code}"])
            return False
        self.checked += len(items)
        self.errors += counted(summary)
        if counted(summary) > 0 or findings:
            self.failures += findings[:10] or [summary]
        elif finished.code != 0:
            self.failures.append(f"exit status {finished.code} " + " | ".join(
                googletest.parse(finished.output).failures[:3] or [f"in {items[0]}..."]))
        return True

    def summary(self):
        if self.refusal and self.checked == 0:
            return "the checker did not work"
        return f"{self.checked} of {len(self.listing.items)} checked, {self.errors} errors"

    def unfinished(self):
        """Why a part was left out, or nothing."""
        if self.refusal:
            return [f"{self.label}: the checker did not work: {self.refusal}"]
        if not self.todo:
            return []
        left_out = ", ".join(self.todo[:5]) + (", ..." if len(self.todo) > 5 else "")
        return [f"{self.label}: out of time with {len(self.todo)} of "
                f"{len(self.listing.items)} left out: {left_out}"]


def sanitizer(session):
    if reason := missing(session, "layers", "ops_tests"):
        return reason
    checker = session.tool("compute-sanitizer")
    if checker is None:
        return not_run("there is no compute-sanitizer")
    found = lists(session)
    if empty := [one.name for one in found if not one.items]:
        return not_run(f"nothing is listed for {', '.join(empty)}")

    def run(check, items, seconds):
        finished = session.execute(
            [checker, "--tool", check.tool, "--error-exitcode", FOUND, "--print-limit", 20,
             *TOOLS[check.tool], *check.listing.command(items)], seconds,
            {**session.programs.environment, "JSNORM_CUDA_POOL": "0"})
        return check.judge(items, finished)

    checks = []
    for index, tool in enumerate(TOOLS):
        own = [Check(list(one.items), tool=tool, listing=one) for one in found]
        end = session.clock() + session.left() / (len(TOOLS) - index)
        divide(own, end, session.clock, run)
        checks += own
    unfinished = [line for check in checks for line in check.unfinished()]
    failures = [f"{check.label}: {failure}" for check in checks
                for failure in dict.fromkeys(check.failures)]
    if not failures and not any(check.checked for check in checks):
        return not_run(unfinished[0])
    return judged(failures, unfinished, {"tools": {one.label: one.summary() for one in checks}})
