#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the battery's own logic: parsers, budget, resuming, reports, exit statuses. The parsers
read samples/, which are written from the documented formats of the tools."""

import dataclasses
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
import battery  # noqa: E402
import counters  # noqa: E402
import gpu  # noqa: E402
import googletest  # noqa: E402
import machine  # noqa: E402
import peers  # noqa: E402
import report  # noqa: E402
import sanitizer  # noqa: E402
import shares  # noqa: E402
import timings  # noqa: E402
from programs import REHEARSAL, Programs  # noqa: E402
from results import (ALL_PASSED, FAILED, NOT_RUN, PASSED, SOMETHING_FAILED,  # noqa: E402
                     SOMETHING_NOT_RUN, USAGE, Report, judged, load, merged, not_run)
from session import Finished, Session, shortened  # noqa: E402

HERE = Path(__file__).parent
MANIFEST = {"version": "jsnorm 0.1.0", "commit": "abc", "toolkit": "13.0",
            "architectures": ["90a-real"]}


def sample(name):
    return (HERE / "samples" / name).read_text()


class InAFolder(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        self.programs = Programs([self.folder], "jsnorm_cuda_", MANIFEST, REHEARSAL)
        self.tools = HERE / "rehearsal"

    def tearDown(self):
        self.temporary.cleanup()

    def session(self, **with_other):
        return Session(self.folder, self.programs, self.tools, **with_other)

    def executable(self, name, text):
        path = self.folder / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return path


class Machine(InAFolder):
    def test_facts_are_read_without_their_units_in_the_names(self):
        facts = machine.parse_query(sample("nvidia_smi_query.csv"))
        self.assertEqual(facts["memory.total"], "81559 MiB")
        self.assertEqual(facts["compute_cap"], "9.0")

    def test_the_cuda_version_is_that_of_the_heading(self):
        self.assertEqual(machine.parse_cuda_version(sample("nvidia_smi.txt")), (13, 0))
        self.assertIsNone(machine.parse_cuda_version("no heading"))

    def test_clocks_of_the_moment_are_read(self):
        self.assertEqual(machine.clocks(self.session())["clocks.current.sm"], "345 MHz")

    def test_no_driver_and_no_device_are_told_apart(self):
        self.tools = self.folder
        self.assertIn("there is no nvidia-smi", machine.describe(self.session())[1])
        self.executable("nvidia-smi", "echo No devices were found; exit 6")
        self.assertIn("No devices were found", machine.describe(self.session())[1])

    def test_an_old_driver_and_another_architecture_are_obstacles(self):
        facts = {"name": "X", "driver_version": "550.1", "compute_cap": "9.0",
                 "cuda_of_driver": "12.4"}
        self.assertIn("too old", machine.obstacle(facts, MANIFEST))
        facts["cuda_of_driver"] = "13.2"
        self.assertEqual(machine.obstacle(facts, MANIFEST), "")
        facts["compute_cap"] = "10.0"
        self.assertIn("90a-real", machine.obstacle(facts, MANIFEST))

    def test_code_runs_on_its_family_and_code_with_ptx_on_what_is_newer(self):
        for built, capability, runs in [("90a-real", "90", True), ("90a-real", "100", False),
                                        ("80-real", "86", True), ("80-real", "90", False),
                                        ("80", "90", True), ("90-real", "80", False)]:
            self.assertEqual(machine.runs_on(built, capability), runs, (built, capability))


class Sanitizer(InAFolder):
    def findings(self, name):
        return sanitizer.parse(sample(name))

    def test_findings_are_one_line_with_their_place(self):
        summary, findings = self.findings("memcheck_errors.txt")
        self.assertEqual(sanitizer.counted(summary), 2)
        self.assertEqual(len(findings), 2)
        self.assertIn("write of size 16", findings[0])
        self.assertIn("device.cuh:142", findings[0])
        self.assertIn("by thread (31,0,0)", findings[0])

    def test_every_tool_is_understood(self):
        for tool, word in [("racecheck", "sums.cuh:52"), ("initcheck", "merge.cuh:33"),
                           ("synccheck", "sums.cuh:71")]:
            summary, findings = self.findings(tool + "_errors.txt")
            self.assertEqual(sanitizer.counted(summary), 1)
            self.assertEqual(len(findings), 1)
            self.assertIn(word, findings[0])

    def test_a_leak_is_a_finding(self):
        self.assertIn("64 bytes leaked", self.findings("memcheck_leak.txt")[1])

    def stage(self, checker):
        self.tools = self.folder
        self.executable("compute-sanitizer", checker)
        self.executable("jsnorm_cuda_layers", "exit 0")
        self.executable("jsnorm_cuda_ops_tests", 'printf "Suite.\\n  One\\n  Two/0  # it\\n"')
        session = self.session()
        session.end = session.clock() + getattr(self, "seconds", 60)
        return sanitizer.sanitizer(session)

    def test_errors_fail_the_stage(self):
        text = HERE / "samples/racecheck_errors.txt"
        result = self.stage(f"cat {text}; exit 99")
        self.assertEqual(result.outcome, FAILED)
        self.assertEqual(len(result.failures), 8)

    def test_what_was_run_is_counted(self):
        result = self.stage('echo "========= ERROR SUMMARY: 0 errors"')
        self.assertEqual((result.outcome, result.unfinished), (PASSED, []))
        self.assertEqual(result.data["tools"]["racecheck layers"], "2 of 2 checked, 0 errors")
        self.assertEqual(result.data["tools"]["memcheck ops *Golden*floatNchw*"],
                         "2 of 2 checked, 0 errors")

    def test_what_was_left_out_is_named_and_its_findings_count(self):
        text = HERE / "samples/memcheck_errors.txt"
        self.programs.plan = dataclasses.replace(REHEARSAL, checked_ops=())
        self.seconds = 4
        result = self.stage(f"grep -v SUMMARY {text}; exec sleep 9")
        self.assertEqual(len(result.unfinished), 4)
        self.assertIn("memcheck layers: out of time with 2 of 2 left out: B3, L1",
                      result.unfinished[0])
        self.assertEqual(result.outcome, FAILED)
        self.assertIn("write of size 16", result.failures[0])

    def test_a_checker_that_refuses_the_device_is_not_run(self):
        text = HERE / "samples/sanitizer_refused.txt"
        result = self.stage(f"cat {text}; exit 255")
        self.assertEqual(result.outcome, NOT_RUN)
        self.assertIn("Device not supported", result.reason)

    def test_a_program_that_fails_without_a_finding_fails(self):
        result = self.stage('echo "========= ERROR SUMMARY: 0 errors"; exit 1')
        self.assertEqual(result.outcome, FAILED)

    def test_no_checker_is_not_run(self):
        self.executable("jsnorm_cuda_layers", "exit 0")
        self.executable("jsnorm_cuda_ops_tests", "exit 0")
        self.tools = self.folder
        self.assertEqual(sanitizer.sanitizer(self.session()).outcome, NOT_RUN)


class Shares(unittest.TestCase):
    def setUp(self):
        self.now, self.batches = 0.0, []

    def run_jobs(self, *jobs, start=3.0):
        """Jobs are (items, seconds of one) under a program that starts in `start` seconds."""
        self.jobs = [shares.Job([f"{place}.{i}" for i in range(count)])
                     for place, (count, _) in enumerate(jobs)]
        costs = [cost for _, cost in jobs]

        def run(job, items, seconds):
            needed = start + costs[self.jobs.index(job)] * len(items)
            self.batches.append(len(items))
            self.now += min(needed, seconds)
            return needed <= seconds
        shares.divide(self.jobs, 135.0, lambda: self.now, run)
        return [count - len(job.todo) for job, (count, _) in zip(self.jobs, jobs)]

    def test_everything_is_run_where_it_fits(self):
        self.assertEqual(self.run_jobs((23, 0.5), (40, 0.2), (30, 0.3)), [23, 40, 30])
        self.assertLess(self.now, 135)

    def test_a_list_that_does_not_fit_leaves_time_to_the_others(self):
        done = self.run_jobs((23, 0.5), (5000, 0.5), (40, 0.5))
        self.assertEqual((done[0], done[2]), (23, 40))
        self.assertGreater(done[1], 40)
        self.assertLessEqual(self.now, 135)

    def test_most_of_the_time_is_used(self):
        self.assertGreater(self.run_jobs((5000, 0.5))[0], 150)
        self.assertGreater(self.now, 100)

    def test_an_item_that_never_ends_takes_a_part_of_the_time(self):
        self.assertEqual(self.run_jobs((3, 1e9), (10, 1.0)), [0, 10])

    def test_every_beginning_of_a_list_is_a_sample_of_it(self):
        first = shares.spread(list(range(100)))[:10]
        self.assertEqual(sorted({item // 20 for item in first}), [0, 1, 2, 3, 4])
        self.assertEqual(sorted(shares.spread(list("abc"))), list("abc"))


class Counters(unittest.TestCase):
    def test_launches_have_their_numbers(self):
        launches = counters.parse(sample("ncu.csv"))
        self.assertEqual(len(launches), 14)
        self.assertEqual(launches[1]["dram_read_bytes"], 8016)
        self.assertEqual(launches[1]["nanoseconds"], 3100)
        self.assertIsNone(launches[6]["l2_hit_percent"])

    def test_marks_part_the_operations(self):
        groups = counters.between_markers(counters.parse(sample("ncu.csv")))
        self.assertEqual([len(group) for group in groups], [3, 2, 1, 2])

    def test_bytes_are_compared_with_the_plan(self):
        operation = {"shape": "B3", "operation": "forward", "least_tensor_bytes": 100,
                     "planned_tensor_bytes": 150, "parameter_bytes": 40, "partial_sum_bytes": 10}
        launches = [{"kernel": "a", "dram_read_bytes": 180.0, "dram_write_bytes": 120.0}]
        self.assertEqual(counters.combine(operation, launches)["of_plan"], 1.5)
        launches[0]["dram_write_bytes"] = None
        self.assertIsNone(counters.combine(operation, launches)["of_plan"])

    def test_shapes_without_memory_are_not_run(self):
        rows, missing = counters.parse_operations(
            '{"shape": "L7", "not_run": "needs 20 GB"}\nother\n')
        self.assertEqual((rows, missing), ([], ["L7: needs 20 GB"]))


class GoogleTest(unittest.TestCase):
    def test_results_are_read_also_of_a_program_that_did_not_end(self):
        tests = googletest.parse(sample("googletest.txt"))
        self.assertEqual(tests.passed, 2)
        self.assertEqual(len(tests.failures), 1)
        self.assertIn("WaitForWhatIsAheadOfThem/Backward: tests/gpu/streams_test.cpp:54",
                      tests.failures[0])
        self.assertIn("needs 19.5 GB", tests.skipped[0])
        self.assertIn("EightAtOnce", tests.running)

    def test_a_crash_names_the_test_and_fails(self):
        _, failures, _ = googletest.outcome("gpu", Finished(-11, sample("googletest.txt"), 1))
        self.assertIn("signal 11 in Operations/Streams.EightAtOnce", failures[-1])

    def test_time_that_ran_out_is_no_failure(self):
        text = sample("googletest.txt").replace("FAILED", "OK")
        _, failures, unfinished = googletest.outcome("gpu", Finished(-9, text, 5, True))
        self.assertEqual(failures, [])
        self.assertIn("out of time", unfinished[-1])

    def test_listed_tests_are_named_in_full(self):
        self.assertEqual(googletest.listed("Running main() from x.cc\nAll/Suite.\n  One/a  # "
                                           "GetParam() = 3\n  Two\nOther.\n  Three\n"),
                         ["All/Suite.One/a", "All/Suite.Two", "Other.Three"])

    def test_no_test_at_all_fails(self):
        self.assertIn("ran no test", googletest.outcome("ops", Finished(0, "", 1))[1][0])


def row(**other):
    contestants = [{"name": "jsnorm", "median_seconds": 1e-4, "spread": 0.01, "ratio": 1.0},
                   {"name": "none", "median_seconds": 0.99e-4, "spread": 0.01, "ratio": 0.99},
                   {"name": "cudnn", "median_seconds": 2e-4, "spread": 0.02, "ratio": 2.0},
                   {"name": "copy", "median_seconds": 1.1e-4, "spread": 0.01, "ratio": 1.1},
                   {"name": "copy_kernel", "median_seconds": 1e-4, "spread": 0.01, "ratio": 1.0},
                   {"name": "pytorch", "unavailable": "no torch"}]
    return {"name": "shapes/B1/nhwc/half/forward", "group": "shapes", "shape": "B1",
            "dims": [256, 64, 112, 112], "layer": "batch", "coupled": True, "type": "half",
            "direction": "forward", "tensor_bytes": 411e6, "cache": "cold",
            "useful_bytes": 822e6, "scheme_bytes": 1233e6, "copy_bytes": 1233e6 / 0.9,
            "none_has_same_scheme": True, "contestants": contestants, **other}


def measured(*rows):
    return {"machine": {"cache_bytes": [60 << 20]}, "software": {"contestants": []},
            "results": list(rows), "clocks": {"before": {}, "after": {}}}


class Timings(InAFolder):
    def bars(self, **other):
        return {bar["bar"]: bar for bar in timings.bars(measured(row(**other)))}

    def test_the_ceiling_is_the_faster_copy(self):
        self.assertAlmostEqual(timings.fraction_of_copy(row(), "scheme"), 0.9)

    def test_a_batch_norm_beyond_the_cache_has_three_bars(self):
        bars = self.bars()
        self.assertEqual(len(bars), 3)
        self.assertTrue(all(bar["met"] for bar in bars.values()))
        self.assertAlmostEqual(bars["time of the best peer, of ours"]["got"], 2.0)

    def test_backward_is_held_to_its_own_bar(self):
        bar = self.bars(direction="backward", copy_bytes=1233e6 / 0.86)
        self.assertEqual(bar["scheme bandwidth, of the copy"]["wanted"], 0.85)
        self.assertTrue(bar["scheme bandwidth, of the copy"]["met"])

    def test_a_bar_is_missed(self):
        self.assertFalse(self.bars(scheme_bytes=1e9)["scheme bandwidth, of the copy"]["met"])

    def test_small_tensors_are_held_to_their_time(self):
        bars = self.bars(shape="B6", tensor_bytes=1.6e6)
        self.assertEqual(list(bars), ["microseconds of the smallest"])
        self.assertFalse(bars["microseconds of the smallest"]["met"])

    def test_uncoupled_rows_have_the_bars_of_layer_norms(self):
        bars = self.bars(layer="layer", coupled=False, dims=[16384, 4096], tensor_bytes=20e6)
        self.assertEqual(bars["scheme bandwidth, of the copy"]["wanted"], 0.90)
        self.assertEqual(self.bars(layer="layer", coupled=False, dims=[16384, 768],
                                   tensor_bytes=20e6), {})

    def test_a_wrong_result_of_ours_fails_and_one_of_a_peer_is_told(self):
        wrong = row(contestants=[{"name": name, "wrong": "dx[3] differs"}
                                 for name in ("none", "cudnn")])
        self.assertEqual(timings.wrong_results(measured(wrong)),
                         ["shapes/B1/nhwc/half/forward: none: dx[3] differs"])
        self.assertIn(("cudnn", "dx[3] differs", 1), timings.refusals(measured(wrong)))
        self.assertIn(("pytorch", "no torch", 2), timings.refusals(measured(row(), row())))

    def bench(self, on_run):
        self.executable("jsnorm_cuda_bench", f"""
case "$*" in *--list*) echo shapes/A/x; echo shapes/B/x; exit 0;; esac
for word in "$@"; do case $word in --json=*) json=${{word#--json=}};; esac; done
case "$*" in *shapes/A*) {on_run};; esac
echo '{{"results": [{{"name": "shapes/B/x", "direction": "inference", "contestants": []}}]}}' > "$json"
""")
        session = self.session()
        session.earlier = getattr(self, "earlier", {})
        session.end = session.clock() + 2
        return timings.timings(session)

    def test_a_case_that_crashes_does_not_take_the_others_with_it(self):
        result = self.bench("echo boom; exit 139")
        self.assertEqual([one["name"] for one in result.data["results"]], ["shapes/B/x"])
        self.assertIn("shapes/A/x: exit status 139: boom", result.failures)

    def test_a_run_that_was_cut_off_is_completed(self):
        done = {"name": "shapes/A/x", "direction": "inference", "contestants": []}
        self.earlier = {"timings": judged([], ["out of time"], {"results": [done]})}
        result = self.bench("echo should not be asked for; exit 1")
        self.assertEqual((result.failures, result.unfinished), ([], []))
        self.assertEqual([one["name"] for one in result.data["results"]],
                         ["shapes/A/x", "shapes/B/x"])

    def test_what_was_not_reached_is_named(self):
        result = self.bench("exec sleep 30")
        self.assertIn("2 of 2 cases", result.unfinished[0])


class Peers(InAFolder):
    def test_the_cudnn_of_a_python_environment_is_found(self):
        library = self.folder / "nvidia/cudnn/lib/libcudnn.so.9"
        library.parent.mkdir(parents=True)
        library.touch()
        self.executable("python3", f'PYTHONPATH={self.folder} exec {sys.executable} "$@"')
        self.tools = self.folder
        found = peers.environment(self.session())
        self.assertEqual(found["JSNORM_CUDNN"], str(library))
        self.assertIn(str(library.parent), found["LD_LIBRARY_PATH"])

    def test_without_a_python_there_are_no_peers_of_it(self):
        self.tools = self.folder
        self.assertEqual(peers.environment(self.session()), {})


class Battery(InAFolder):
    def setUp(self):
        super().setUp()
        self.now = 0.0
        self.report = Report(self.folder / "report.json")

    def run_stages(self, stages, names=None, minutes=None):
        return battery.run(self.session(clock=lambda: self.now), self.report,
                           names or list(stages), minutes, lambda text: None, stages)

    def taking(self, minutes, result):
        def stage(_):
            self.now += 60 * minutes
            return result
        return stage

    def test_exit_statuses(self):
        good, bad, absent = judged([]), judged(["x"]), not_run("y")
        for results, status in [([good], ALL_PASSED), ([good, bad, absent], SOMETHING_FAILED),
                                ([good, absent], SOMETHING_NOT_RUN),
                                ([judged([], ["z"])], SOMETHING_NOT_RUN)]:
            stages = {str(i): self.taking(0, result) for i, result in enumerate(results)}
            self.assertEqual(self.run_stages(stages), status)

    def test_a_stage_that_breaks_does_not_stop_the_others(self):
        def broken(_):
            raise KeyError("oh")
        self.run_stages({"a": broken, "b": self.taking(1, judged([]))})
        self.assertEqual(self.report.stages["a"].outcome, FAILED)
        self.assertIn("KeyError", self.report.stages["a"].failures[0])
        self.assertEqual(self.report.stages["b"].outcome, PASSED)

    def test_the_budget_is_for_all_stages_together(self):
        stages = {name: self.taking(4, judged([])) for name in "abcd"}
        self.assertEqual(self.run_stages(stages, minutes=10), SOMETHING_NOT_RUN)
        outcomes = [self.report.stages[name].outcome for name in "abcd"]
        self.assertEqual(outcomes, [PASSED, PASSED, PASSED, NOT_RUN])
        self.assertIn("budget", self.report.stages["d"].reason)

    def test_a_stage_has_its_limit_and_no_more_than_the_budget(self):
        seen = []
        stages = {"a": lambda session: seen.append(session.left()) or judged([])}
        self.run_stages(stages)
        self.run_stages(stages, minutes=2)
        self.assertEqual(seen, [battery.LIMIT, 120])

    def test_without_a_device_nothing_is_run_and_the_reason_is_kept(self):
        self.tools = self.folder
        status = self.run_stages({"a": self.taking(1, judged([]))})
        self.assertEqual(status, SOMETHING_NOT_RUN)
        self.assertIn("no GPU", self.report.stages["a"].reason)

    def test_a_device_that_the_library_cannot_use_is_a_reason(self):
        self.executable("jsnorm_cuda_golden", "echo no device can be used; exit 2")
        self.run_stages({"a": self.taking(1, judged([]))})
        self.assertEqual(self.report.stages["a"].reason, "no device can be used")

    def test_resuming_leaves_out_what_has_passed(self):
        self.report.keep("smoke", judged([]))
        self.report.keep("suite", judged(["x"]))
        self.report.keep("streams", judged([], ["out of time"]))
        again = Report(self.folder / "report.json")
        self.assertEqual(battery.chosen(again, [], True),
                         ["suite", "timings", "sanitizer", "streams", "nccl", "counters"])
        self.assertEqual(battery.chosen(again, ["smoke"], False), ["smoke"])
        with self.assertRaisesRegex(ValueError, "what is the stage 'smok'"):
            battery.chosen(again, ["smok"], False)

    def test_results_of_other_stages_are_kept(self):
        self.run_stages({"a": self.taking(0, judged([])), "b": self.taking(0, judged(["x"]))})
        self.report = Report(self.folder / "report.json")
        self.run_stages({"b": self.taking(0, judged([]))})
        self.assertEqual(sorted(load(self.folder / "report.json")["stages"]), ["a", "b"])

    def test_programs_that_are_missing_are_a_reason(self):
        self.report = Report(self.folder / "report.json")
        battery.run(self.session(), self.report, list(battery.STAGES), tell=lambda text: None)
        for name, stage in self.report.stages.items():
            self.assertEqual(stage.outcome, NOT_RUN, name)
            self.assertIn("there is no jsnorm_cuda_", stage.reason)


class Sessions(InAFolder):
    def test_a_program_is_stopped_in_time_and_its_output_kept(self):
        slow = self.executable("slow", "echo begun; sleep 60 & sleep 60")
        finished = self.session().execute([slow], 0.5)
        self.assertTrue(finished.timed_out)
        self.assertEqual(finished.output, "begun\n")
        self.assertLess(finished.seconds, 20)
        self.assertIn("out of time", (self.folder / "logs.txt").read_text())

    def test_long_output_is_cut_in_the_middle(self):
        text = shortened("a" * 300_000 + "end")
        self.assertTrue(text.endswith("end"))
        self.assertLess(len(text), 210_000)


class Reports(InAFolder):
    def content(self, **stages):
        return {"format": 1, "started": "2026-01-02 03:04 UTC", "device": "Sample GPU",
                "rehearsal": False, "programs": MANIFEST, "machine": {"name": "Sample GPU"},
                "stages": {name: vars(result) for name, result in stages.items()}}

    def test_what_failed_comes_first(self):
        text = report.render(self.content(smoke=judged([]), suite=judged(["ops 1/8: A.B: wrong"]),
                                          counters=not_run("there is no ncu")))
        self.assertLess(text.index("A.B: wrong"), text.index("## Stages"))
        self.assertIn("**counters**: there is no ncu", text)
        self.assertIn("| suite | FAILED |", text)

    def test_bars_and_timings_are_shown(self):
        data = measured(row(), row(name="shapes/B2/nhwc/half/backward", direction="backward",
                                   scheme_bytes=1e9))
        data["bars"] = timings.bars(data)
        text = report.render(self.content(timings=judged([], [], data)))
        self.assertIn("5 of 6 met", text)
        self.assertLess(text.index("**missed**"), text.index("| met |"))
        self.assertIn("| B1/nhwc/half/forward | 411.0 | cold | 100.0 | 1 % | 8220 |", text)
        self.assertIn("cudnn", text)

    def test_reports_of_parts_become_one(self):
        first = self.content(smoke=judged([]), suite=not_run("budget"))
        second = self.content(suite=judged([]))
        stages = merged([first, second])["stages"]
        self.assertEqual(stages["suite"]["outcome"], PASSED)
        self.assertEqual(merged([second, first])["stages"]["suite"]["outcome"], PASSED)
        second["device"] = "Other GPU"
        with self.assertRaisesRegex(ValueError, "differ in their device"):
            merged([first, second])

    def test_a_rehearsal_is_not_published(self):
        content = self.content()
        self.assertEqual(gpu.published_name(content), "sample-gpu-2026-01-02")
        content["rehearsal"] = True
        with self.assertRaises(ValueError):
            gpu.published_name(content)

    def test_a_report_is_drawn_again_from_its_json(self):
        (self.folder / "report.json").write_text(json.dumps(self.content(smoke=judged([]))))
        self.assertEqual(gpu.main(["report", str(self.folder)]), 0)
        self.assertIn("# jsnorm on Sample GPU", (self.folder / "report.md").read_text())
        (self.folder / "report.json").write_text('{"format": 99}')
        self.assertEqual(gpu.main(["report", str(self.folder)]), USAGE)


if __name__ == "__main__":
    unittest.main()
