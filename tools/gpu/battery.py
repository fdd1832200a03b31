# SPDX-License-Identifier: Apache-2.0
"""The stages in order of their value, their times, and what is kept when one of them breaks."""

import time
import traceback
from datetime import datetime, timezone

import machine
from checks import nccl, smoke, streams, suite
from counters import counters
from results import FAILED, PASSED, Result, not_run
from sanitizer import sanitizer
from timings import timings

STAGES = {"smoke": smoke, "suite": suite, "timings": timings, "sanitizer": sanitizer,
          "streams": streams, "nccl": nccl, "counters": counters}
LIMIT = 9 * 60      # seconds of one stage
LEAST = 10          # seconds: with less it is not begun


def chosen(report, names, resume):
    """Which stages are to run: those named, or all; with resume those that have not passed."""
    for name in names:
        if name not in STAGES:
            raise ValueError(f"what is the stage '{name}'? There are {', '.join(STAGES)}")
    names = [name for name in STAGES if name in names or not names]
    if not resume:
        return names
    kept = report.stages
    return [name for name in names
            if name not in kept or kept[name].outcome != PASSED or kept[name].unfinished]


def run(session, report, names, minutes=None, tell=print, stages=None):
    """Runs the stages of these names; every result is in the report when its stage ends."""
    stages = stages or STAGES
    facts, obstacle = machine.describe(session)
    if not obstacle:
        obstacle = (machine.obstacle(facts, session.programs.manifest) or
                    machine.refusal(session))
    report.header({"programs": session.programs.manifest, "rehearsal": session.rehearsal,
                   "started": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
                   "device": facts.get("name"), "machine": facts})
    report.save()
    end = None if minutes is None else session.clock() + 60 * minutes
    for name in names:
        left = LIMIT if end is None else min(LIMIT, end - session.clock())
        if obstacle:
            result = not_run(obstacle)
        elif left < LEAST:
            result = not_run(f"the budget of {minutes:g} minutes was used up")
        else:
            tell(f"==== {name}: at most {left / 60:.1f} minutes")
            result = guarded(stages[name], session, left)
        report.keep(name, result)
        tell(summary(name, result))
    return report.exit_status(names)


def guarded(stage, session, seconds):
    """A stage that breaks is a failed stage; the others go on."""
    begin = time.monotonic()
    session.end = session.clock() + seconds
    try:
        result = stage(session)
    except Exception:  # noqa: BLE001: whatever it is, it is reported
        result = Result(FAILED, failures=["the battery itself broke: " +
                                          traceback.format_exc(limit=-3).strip()])
    finally:
        session.end = None
    result.seconds = time.monotonic() - begin
    return result


def summary(name, result):
    lines = [f"---- {name}: {result.outcome} in {result.seconds:.0f} s" +
             (f": {result.reason}" if result.reason else "")]
    lines += [f"     FAILED {failure}" for failure in result.failures[:10]]
    if len(result.failures) > 10:
        lines.append(f"     and {len(result.failures) - 10} more failures")
    lines += [f"     not run: {part}" for part in result.unfinished[:10]]
    return "\n".join(lines)
