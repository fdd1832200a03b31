# SPDX-License-Identifier: Apache-2.0
"""The stage sanitizer: compute-sanitizer's four tools over a reduced list."""

import re

from checks import missing
from results import judged, not_run

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


def commands(session):
    """[(name, words)]: what each tool checks. Layers leave workspaces as they were allocated."""
    plan, programs = session.programs.plan, session.programs
    return [
        ("layers", [programs.path("layers"), "--most-elements", plan.checked_elements,
                    *plan.layers]),
    ] + [("ops " + tests, [programs.path("ops_tests"), "--gtest_filter=" + tests])
         for tests in plan.checked_ops]


def sanitizer(session):
    if reason := missing(session, "layers", "ops_tests"):
        return reason
    checker = session.tool("compute-sanitizer")
    if checker is None:
        return not_run("there is no compute-sanitizer")
    failures, unfinished, table = [], [], {}
    jobs = [(tool, name, words) for name, words in commands(session) for tool in TOOLS]
    for index, (tool, name, words) in enumerate(jobs):
        label = f"{tool} {name}"
        share = session.left() / (len(jobs) - index) * 2  # some finish early
        if session.left() < 1:
            unfinished.append(f"{label}: out of time")
            continue
        finished = session.execute(
            [checker, "--tool", tool, "--error-exitcode", FOUND, "--print-limit", 20,
             *TOOLS[tool], *words], min(share, session.left()),
            {**session.programs.environment, "JSNORM_CUDA_POOL": "0"})
        summary, findings = parse(finished.output)
        table[label] = summary or "no summary"
        if summary is not None and (counted(summary) > 0 or findings):
            failures += [f"{label}: {finding}" for finding in findings[:10] or [summary]]
        elif finished.timed_out:
            unfinished.append(f"{label}: out of time after {finished.seconds:.0f} s")
        elif summary is None:
            unfinished.append(f"{label}: the checker did not work: " +
                              " | ".join(findings[:3] or [f"exit status {finished.code}"]))
        elif finished.code != 0:
            failures.append(f"{label}: exit status {finished.code}")
    if not table or len(unfinished) == len(jobs):
        return not_run(unfinished[0])
    return judged(failures, unfinished, {"tools": table})
