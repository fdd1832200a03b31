# SPDX-License-Identifier: Apache-2.0
"""The stage timings: the benchmark programme on the device, and the bars that it is held to."""

import json
import re

import machine
from checks import missing
from peers import environment as peers_of
from results import judged, not_run

COPIES = ("copy", "copy_kernel")
OURS = ("jsnorm", "sampling", "none")


def timings(session):
    if reason := missing(session, "bench"):
        return reason
    bench, plan = session.programs.path("bench"), session.programs.plan
    listed = session.execute([bench, *plan.timings_arguments, "--list",
                              "--filter=" + plan.timings_cases], 60)
    names = [line.strip() for line in listed.output.splitlines() if "/" in line]
    if listed.code != 0 or not names:
        return not_run("the benchmarks cannot be listed: " +
                       (listed.output.strip().splitlines() or ["no output"])[-1])
    failures, unfinished, collected = [], [], {}
    earlier = session.earlier.get("timings")
    if earlier is not None and earlier.unfinished and earlier.data:
        failures, collected = list(earlier.failures), earlier.data
    before = machine.clocks(session)
    environment = {} if session.rehearsal else peers_of(session)
    path = session.folder / "bench.json"
    known = {row["name"] for row in collected.get("results", [])}
    todo = [name for name in names if name not in known]
    while todo:
        path.unlink(missing_ok=True)
        finished = session.execute([bench, *plan.timings_arguments, f"--json={path}",
                                    f"--revision={session.programs.manifest['commit']}",
                                    "--filter=" + exactly(todo)],
                                   environment=environment)
        part = json.loads(path.read_text()) if path.exists() else {"results": []}
        done = {row["name"] for row in part["results"]}
        collected = combined(collected, part)
        failures += wrong_results(part)
        rest = [name for name in todo if name not in done]
        if finished.timed_out:
            unfinished.append(f"out of time; {len(rest)} of {len(names)} cases were not reached: " +
                              ", ".join(rest))
            break
        if finished.code not in (0, 1):  # 1: a result is wrong, and is told of above
            failures.append(f"{rest[0] if rest else 'the end'}: exit status {finished.code}: " +
                            (finished.output.strip().splitlines() or [""])[-1])
        elif rest:
            failures.append(f"{rest[0]}: not among the results")
        todo = rest[1:]
    path.unlink(missing_ok=True)
    return judged(failures, unfinished,
                  {**collected, "bars": bars(collected),
                   "clocks": {"before": before, "after": machine.clocks(session)}})


def exactly(names):
    return "^(" + "|".join(re.escape(name) for name in names) + ")$"


def combined(first, second):
    if not first:
        return second
    return {**first, "results": first["results"] + second["results"]}


def wrong_results(part):
    """Ours; a peer whose results differ is only not timed."""
    return [f"{row['name']}: {one['name']}: {one['wrong']}" for row in part["results"]
            for one in row["contestants"] if "wrong" in one and one["name"] in OURS + COPIES]


def refusals(measured):
    """[(who, why, in how many cases)]: peers that were not timed."""
    counts = {}
    for row in measured["results"]:
        for one in row["contestants"]:
            reason = one.get("unavailable") or one.get("wrong")
            if reason:
                key = one["name"], reason
                counts[key] = counts.get(key, 0) + 1
    return [(*key, count) for key, count in counts.items()]


def contestant(row, name):
    """The measured contestant of that name, or None."""
    for one in row["contestants"]:
        if one["name"] == name and "median_seconds" in one:
            return one
    return None


def copy_bandwidth(row):
    """Bytes a second of the faster copy of this row, read and written."""
    times = [one["median_seconds"] for one in map(lambda name: contestant(row, name), COPIES)
             if one]
    return row["copy_bytes"] / min(times) if times else None


def fraction_of_copy(row, accounting):
    ours, copy = contestant(row, "jsnorm"), copy_bandwidth(row)
    if ours is None or copy is None:
        return None
    return row[accounting + "_bytes"] / ours["median_seconds"] / copy


def peers(row):
    """{name: how many times as long as ours} of those that computed the plain layer elsewhere."""
    return {one["name"]: one["ratio"] for one in row["contestants"]
            if one["name"] not in OURS + COPIES and one.get("ratio")}


def bars(measured):
    """[{bar, row, got, wanted, met}] for every row that a bar is about."""
    found = []

    def bar(name, row, got, wanted, at_most=False):
        if got is not None:
            met = got <= wanted if at_most else got >= wanted
            found.append({"bar": name, "row": row["name"], "got": got, "wanted": wanted,
                          "at_most": at_most, "met": met})

    caches = measured.get("machine", {}).get("cache_bytes", [])
    cache = caches[-1] if caches else 0
    for row in measured.get("results", []):
        forward, backward = row["direction"] == "forward", row["direction"] == "backward"
        if not (forward or backward):
            continue
        streaming = row["layer"] == "batch" or row["coupled"]
        ours = contestant(row, "jsnorm")
        if streaming and row["tensor_bytes"] > cache:
            bar("scheme bandwidth, of the copy", row, fraction_of_copy(row, "scheme"),
                0.88 if forward else 0.85)
            if row["layer"] == "batch" and peers(row):
                bar("time of the best peer, of ours", row, min(peers(row).values()), 1.0)
        if not streaming and forward and row["dims"][-1] >= 4096:
            bar("scheme bandwidth, of the copy", row, fraction_of_copy(row, "scheme"), 0.90)
        if not streaming and backward:
            bar("useful bandwidth, of the copy", row, fraction_of_copy(row, "useful"), 0.75)
        if row["shape"] in ("B6", "B12") and ours:
            bar("microseconds of the smallest", row, ours["median_seconds"] * 1e6, 12.0, True)
        none = contestant(row, "none")
        if none and row["none_has_same_scheme"] and row["tensor_bytes"] > 50e6:
            bar("time over NONE", row, 1 / none["ratio"], 1.03, True)
    return found
