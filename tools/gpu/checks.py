# SPDX-License-Identifier: Apache-2.0
"""The stages that ask whether results are right: smoke, suite, streams, nccl."""

from concurrent.futures import ThreadPoolExecutor

import googletest
from results import judged, not_run


def missing(session, *names):
    """Why a stage that needs these programs cannot run, or None."""
    absent = [session.programs.prefix + name for name in names
              if session.programs.path(name) is None]
    return not_run(f"there is no {', '.join(absent)}: ./dev gpu pack") if absent else None


class Tally:
    """Collects what several programs of tests found."""

    def __init__(self):
        self.passed, self.failures, self.unfinished = 0, [], []

    def add(self, name, finished):
        tests, failures, unfinished = googletest.outcome(name, finished)
        self.passed += tests.passed
        self.failures += failures
        self.unfinished += unfinished

    def result(self, **data):
        return judged(self.failures, self.unfinished, {"passed": self.passed, **data})


def smoke(session):
    """Every operation once against the oracle, or the reference files."""
    if reason := missing(session, "golden", "ops_tests"):
        return reason
    plan, tally, figures = session.programs.plan, Tally(), {}
    golden = session.programs.path("golden")
    for kind in plan.golden_types:
        for layout in plan.golden_layouts:
            name = f"golden {kind} {layout}"
            if session.left() < 1:
                tally.unfinished.append(f"{name}: out of time")
                continue
            finished = session.execute([golden, "--backend", "cuda", "--type", kind, "--layout",
                                        layout, *session.programs.golden_files()])
            figures[name] = finished.output.strip().splitlines()[-1:] or [""]
            if finished.timed_out:
                tally.unfinished.append(f"{name}: out of time")
            elif finished.code != 0:
                wrong = [line.strip() for line in finished.output.splitlines()
                         if "WRONG" in line or "jsnorm_golden:" in line]
                tally.failures.append(f"{name}: " + " | ".join(wrong[:6] or figures[name]))
            else:
                tally.passed += 1
    tally.add("ops", session.execute(
        [session.programs.path("ops_tests"), "--gtest_filter=" + plan.smoke_filter],
        environment=session.programs.environment))
    return tally.result(golden={name: lines[0] for name, lines in figures.items()})


def suite(session):
    """The suites ops and api, in as many shards as there are cores: the oracle runs on the host."""
    if reason := missing(session, "ops_tests", "api_tests"):
        return reason
    plan = session.programs.plan
    jobs = [(suite_name, filters, shard)
            for suite_name, filters in (("api", plan.api_filter), ("ops", plan.ops_filter))
            for shard in range(plan.shards)]
    tally = Tally()

    def run(job):
        suite_name, filters, shard = job
        return session.execute(
            [session.programs.path(suite_name + "_tests"), "--gtest_filter=" + filters],
            environment={**session.programs.environment, "GTEST_TOTAL_SHARDS": str(plan.shards),
                         "GTEST_SHARD_INDEX": str(shard)})

    with ThreadPoolExecutor(plan.shards) as pool:
        for (suite_name, _, shard), finished in zip(jobs, pool.map(run, jobs)):
            tally.add(f"{suite_name} {shard + 1}/{plan.shards}", finished)
    return tally.result(left_out={"api": plan.api_filter, "ops": plan.ops_filter})


def streams(session):
    """Graphs, order of streams, eight streams, load, tensors past 2^31 elements."""
    if reason := missing(session, "gpu_tests"):
        return reason
    tally = Tally()
    tally.add("gpu", session.execute([session.programs.path("gpu_tests"),
                                      "--gtest_filter=" + session.programs.plan.streams_filter]))
    return tally.result()


def nccl(session):
    """libjsnorm_nccl with NCCL itself: one rank, and several where several devices are."""
    if reason := missing(session, "nccl_tests"):
        return reason
    tally = Tally()
    tally.add("nccl", session.execute([session.programs.path("nccl_tests"),
                                       "--gtest_filter=" + session.programs.plan.nccl_filter]))
    return tally.result()
