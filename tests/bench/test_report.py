#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of what makes bars, tables and charts of the benchmarks' JSON."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path[:0] = [str(BENCH / "report"), str(BENCH / "plot")]
import bars  # noqa: E402
import document  # noqa: E402
from results import Results, geometric_mean  # noqa: E402


def contestant(name, seconds, ratio):
    return {"name": name, "calls_per_turn": 1, "median_seconds": seconds, "spread": 0.01,
            "ratio": ratio, "seconds": [seconds]}


def entry(name, contestants, **more):
    """A result: a float batch norm of 64 MiB in NHWC, 2S useful and 3S scheme, unless told."""
    size = 64 << 20
    row = {"name": name, "group": "shapes", "shape": "B7", "dims": [20, 256, 56, 56],
           "whole_batch": 32, "layer": "batch", "coupled": True, "layout": "nhwc",
           "channels_last": True, "type": "float", "direction": "forward", "add_relu": False,
           "threads": 2, "x": 0, "cache": "cold", "tensor_bytes": size, "useful_bytes": 2 * size,
           "scheme_bytes": 3 * size, "copy_bytes": 2 * size, "foreign_load": 0.0, "none_has_same_scheme": True,
           "contestants": contestants}
    return row | more


def results_of(*entries):
    return Results({
        "machine": {"processors": 2, "threads": 2, "instruction_set": "x86-64, AVX2",
                    "cache_bytes": [32 << 10, 1 << 20, 32 << 20], "memory_bytes": 1 << 34,
                    "copy_bytes_per_second": 4e10},
        "software": {"revision": "abc", "compiler": "12", "flags": "-O3", "contestants": [
            {"name": "jsnorm", "computes": "James-Stein", "version": "0.1"},
            {"name": "onednn", "computes": "plain", "version": "oneDNN 2.6.3"}]},
        "clock": {"rounds": 7, "turn_seconds": 0.005},
        "results": list(entries)})


OURS = contestant("jsnorm", 0.010, 1.0)


def bar_named(results, text):
    return next(bar for bar in bars.all_bars(results) if text in bar.name)


class Rows(unittest.TestCase):
    def test_bandwidths_count_what_they_say(self):
        row = results_of(entry("a", [OURS, contestant("copy", 0.004, 0.4)])).rows[0]
        self.assertAlmostEqual(row.useful(), 2 * (64 << 20) / 0.010)
        self.assertAlmostEqual(row.scheme(), 3 * (64 << 20) / 0.010)
        self.assertAlmostEqual(row.useful("copy"), 2 * (64 << 20) / 0.004)
        self.assertAlmostEqual(row.copy_share(), 1.5 * 0.4)

    def test_who_was_not_timed_has_no_numbers(self):
        row = results_of(entry("a", [OURS, {"name": "onednn", "unavailable": "no f16"}])).rows[0]
        self.assertIsNone(row.seconds("onednn"))
        self.assertIsNone(row.ratio("onednn"))
        self.assertIsNone(row.ratio("pytorch"))

    def test_selects_by_value_and_by_rule(self):
        results = results_of(entry("a", [OURS]), entry("b", [OURS], tensor_bytes=1))
        self.assertEqual([row.name for row in results.select(tensor_bytes=lambda n: n > 1)], ["a"])
        self.assertEqual(results.select(group="sizes"), [])

    def test_geometric_mean(self):
        self.assertAlmostEqual(geometric_mean([0.5, 2.0]), 1.0)


class Bars(unittest.TestCase):
    def test_each_and_mean_are_different_bars(self):
        results = results_of(entry("a", [OURS, contestant("onednn", 0.009, 0.9)]),
                             entry("b", [OURS, contestant("onednn", 0.04, 4.0)]))
        each, mean = (bar_named(results, f"NHWC, forward, {kind}") for kind in ("each", "mean"))
        self.assertFalse(each.met)
        self.assertEqual(each.measured, 0.9)
        self.assertEqual(each.missing(), (1, 1))
        self.assertTrue(mean.met)
        self.assertAlmostEqual(mean.measured, (0.9 * 4.0) ** 0.5)

    def test_what_must_be_small_is_judged_by_the_largest(self):
        results = results_of(entry("a", [OURS, contestant("none", 0.0098, 0.98)]),
                             entry("b", [OURS, contestant("none", 0.0095, 0.95)]))
        bar = bar_named(results, "over NONE, same scheme, each")
        self.assertAlmostEqual(bar.measured, 1 / 0.95)
        self.assertFalse(bar.met)
        self.assertEqual(bar.ordered()[0][0], "b")

    def test_half_is_compared_with_float_of_the_same_case(self):
        narrow = entry("shapes/B3/nhwc/half/forward", [contestant("jsnorm", 0.006, 1)], type="half")
        wide = entry("shapes/B3/nhwc/float/forward", [OURS])
        self.assertAlmostEqual(bar_named(results_of(narrow, wide), "half").measured, 0.6)

    def test_threads_are_judged_only_where_one_is_far_from_the_copy(self):
        def pair(name, share):
            copy = contestant("copy", 0.01, share / 1.5)
            return (entry(f"{name}/threads:1", [OURS, copy], group="threads", threads=1),
                    entry(f"{name}/threads:2", [contestant("jsnorm", 0.005, 1.0)],
                          group="threads"))

        results = results_of(*pair("slow", 0.5), *pair("fast", 0.9))
        bar = bar_named(results, "two threads")
        self.assertEqual([bar.values[0][:2]], [("slow/threads:2", 2.0)])

    def test_the_cost_of_a_call_is_in_microseconds(self):
        call = entry("calls/32x512", [contestant("jsnorm", 8e-6, 1), contestant("loops", 4e-6, 1)],
                     group="calls", dims=[32, 512])
        self.assertAlmostEqual(bar_named(results_of(call), "call minus").measured, 4.0)

    def test_report_counts_only_bars_with_numbers(self):
        results = results_of(entry("a", [OURS, contestant("pytorch", 0.02, 2.0)]))
        text = bars.render(list(bars.all_bars(results)))
        self.assertIn("1 of 1 bars met", text)


    def test_a_row_misses_clearly_when_its_better_quartile_does(self):
        def peer(seconds):
            return contestant("onednn", 0.009, 0.9) | {"seconds": seconds}

        ours = OURS | {"seconds": [0.010] * 5}
        noisy = entry("noisy", [ours, peer([0.005, 0.008, 0.009, 0.011, 0.012])])
        quiet = entry("quiet", [ours, peer([0.0089, 0.009, 0.009, 0.009, 0.0091])])
        self.assertEqual(bar_named(results_of(noisy, quiet), "NHWC, forward, each").missing(),
                         (2, 1))


class Documents(unittest.TestCase):
    def test_only_what_is_between_markers_changes(self):
        text = "before\n<!-- bench:shapes -->\nstale\n<!-- /bench:shapes -->\nafter\n"
        results = results_of(entry("a", [OURS, contestant("onednn", 0.02, 2.0)]))
        once = document.rewrite(text, results)
        self.assertTrue(once.startswith("before\n") and once.endswith("after\n"))
        self.assertNotIn("stale", once)
        self.assertIn("| B7 | 20x256x56x56* | cold | nhwc float forward | 10.00 ms | 1% |", once)
        self.assertIn("| 2.00 |", once)
        self.assertEqual(document.rewrite(once, results), once)

    def test_every_section_can_be_written_of_little(self):
        results = results_of(entry("a", [OURS]))
        for name in document.SECTIONS:
            marked = f"<!-- bench:{name} -->\n<!-- /bench:{name} -->"
            self.assertIn(f"<!-- /bench:{name} -->", document.rewrite(marked, results))

    def test_unknown_sections_are_refused(self):
        with self.assertRaises(SystemExit):
            document.rewrite("<!-- bench:x -->\n<!-- /bench:x -->", results_of())

    def test_wrong_results_are_named(self):
        row = entry("a", [OURS, {"name": "onednn", "wrong": "y[0] is 1, expected 2"}])
        self.assertIn("| wrong |", "\n".join(document.shapes(results_of(row))))


class Charts(unittest.TestCase):
    def test_draws_what_was_measured_and_leaves_out_the_rest(self):
        try:
            import charts
        except ImportError:
            self.skipTest("there is no matplotlib")
        peers = [OURS, contestant("onednn", 0.02, 2.0), contestant("copy", 0.004, 0.4)]
        results = results_of(entry("a", peers), entry("b", peers, group="channels", x=64))
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            charts.draw_all(results, pathlib.Path(folder))
            drawn = sorted(path.name for path in pathlib.Path(folder).iterdir())
            self.assertEqual(drawn, ["bench_batch_norm.svg", "bench_channels.svg"])
            picture = (pathlib.Path(folder) / drawn[0]).read_text(encoding="utf-8")
            self.assertIn("oneDNN", picture)


if __name__ == "__main__":
    unittest.main()
