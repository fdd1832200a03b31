# SPDX-License-Identifier: Apache-2.0
"""The stage counters: what the hardware counts for each kernel of the benchmark shapes."""

import csv
import io
import json

from checks import missing
from results import judged, not_run

MARKER = "jsnorm_marker"
METRICS = {
    "dram__bytes_read.sum": "dram_read_bytes",
    "dram__bytes_write.sum": "dram_write_bytes",
    "lts__t_sector_hit_rate.pct": "l2_hit_percent",
    "sm__warps_active.avg.pct_of_peak_sustained_active": "occupancy_percent",
    "gpu__time_duration.sum": "nanoseconds",
}
# So many bytes more than the plan are worth a word: what is read twice shows as 1.5 or more.
EXCESS = 1.25


def parse(text):
    """The launches of `ncu --csv`, in order: [{'kernel': name, metric: number}]."""
    lines = [line for line in text.splitlines() if line.startswith('"')]
    launches = {}
    for row in csv.DictReader(io.StringIO("\n".join(lines))):
        launch = launches.setdefault(row["ID"], {"kernel": row["Kernel Name"]})
        metric = METRICS.get(row["Metric Name"])
        if metric is not None:
            launch[metric] = number(row["Metric Value"])
    return list(launches.values())


def number(text):
    """1,234.5 is 1234.5; what was not measured (n/a) is None."""
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def between_markers(launches):
    """Launches of the same operation together: what stands between two marks."""
    groups, current = [], None
    for launch in launches:
        if launch["kernel"].startswith(MARKER):
            if current:
                groups.append(current)
            current = []
        elif current is not None:
            current.append(launch)
    return groups


def parse_operations(text):
    """The lines of JSON that the profiled program prints: (operations, not run)."""
    rows = [json.loads(line) for line in text.splitlines() if line.startswith('{"shape"')]
    return ([row for row in rows if "not_run" not in row],
            [f"{row['shape']}: {row['not_run']}" for row in rows if "not_run" in row])


def on_executor(folder):
    """{(shape, operation): requested bytes over planned}, of the shapes scaled down."""
    path = folder / "executor.jsonl"
    if not path.exists():
        return {}
    return {(row["shape"], row["operation"]): row["requested_bytes"] / planned_bytes(row)
            for row in parse_operations(path.read_text())[0]}


def planned_bytes(operation):
    return sum(operation[part] for part in ("planned_tensor_bytes", "parameter_bytes",
                                            "partial_sum_bytes"))


def combine(operation, launches):
    planned = planned_bytes(operation)
    values = [launch.get(part) for launch in launches
              for part in ("dram_read_bytes", "dram_write_bytes")]
    counted = None if None in values else sum(values)
    return {**operation, "planned_bytes": planned, "dram_bytes": counted,
            "of_plan": None if counted is None else counted / planned,
            "of_least": None if counted is None else counted / operation["least_tensor_bytes"],
            "kernels": launches}


def counters(session):
    if reason := missing(session, "layers"):
        return reason
    profiler = session.tool("ncu")
    if profiler is None:
        return not_run("there is no ncu")
    plan = session.programs.plan
    # Clocks are left as they are found.
    finished = session.execute([profiler, "--csv", "--print-units", "base", "--clock-control",
                                "none", "--metrics", ",".join(METRICS),
                                session.programs.path("layers"), *plan.layer_arguments,
                                *plan.layers])
    launches = parse(finished.output)
    if not launches:
        errors = [line for line in finished.output.splitlines() if line.startswith("==ERROR==")]
        return not_run("ncu counted nothing: " + " | ".join(errors[:3] or ["no output"]))
    operations, unfinished = parse_operations(finished.output)
    groups = between_markers(launches)
    rows = [combine(operation, group) for operation, group in zip(operations, groups)]
    executor = on_executor(session.programs.folders[0])
    for row in rows:
        row["executor_of_plan"] = executor.get((row["shape"], row["operation"]))
    if finished.timed_out:
        unfinished.append(f"out of time after {len(rows)} operations")
    failures = []
    if not finished.timed_out:
        if finished.code != 0:
            failures.append(f"exit status {finished.code}")
        if len(groups) != len(operations):
            failures.append(f"{len(operations)} operations, but {len(groups)} between marks")
    notes = [f"{row['shape']} {row['operation']}: {row['of_plan']:.2f} times the planned bytes"
             for row in rows if (row["of_plan"] or 0) > EXCESS]
    return judged(failures, unfinished, {"operations": rows, "notes": notes})
