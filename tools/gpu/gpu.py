#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The battery: everything that a machine with an NVIDIA GPU can say about jsnorm, in one command.

    gpu.py [STAGE...]            runs the stages named, or all: smoke, suite, timings, sanitizer,
                                 streams, nccl, counters; earlier results of other stages are
                                 kept
    gpu.py pack [ARCH...]        builds all programs here and packs them, to be carried to a machine
                                 that need not build anything (default architecture: 90a)
    gpu.py report FOLDER...      draws report.md and charts anew from report.json; of several
                                 folders, one report of all their stages
    gpu.py report --publish FOLDER...   the same into docs/gpu/DEVICE-DATE

The output folder is build/gpu, or what JSNORM_GPU_OUTPUT names. Exit status: 0 all passed,
1 something failed, 2 wrong usage, 3 nothing failed, but something was not run.
"""

import argparse
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import battery  # noqa: E402
import charts  # noqa: E402
import pack  # noqa: E402
import programs  # noqa: E402
import report as reports  # noqa: E402
from results import USAGE, Report, load, merged  # noqa: E402
from session import Session  # noqa: E402


def write_report(content, folder):
    """report.md and the charts beside report.json."""
    reason = charts.available()
    drawn = charts.draw(content, folder) if not reason else []
    (folder / "report.md").write_text(reports.render(content, drawn))
    if reason:
        print(f"no charts: {reason}")
    print(f"{folder / 'report.md'}")


def output_folder():
    return Path(os.environ.get("JSNORM_GPU_OUTPUT") or programs.ROOT / "build/gpu")


def run(options):
    folder = options.output or output_folder()
    folder.mkdir(parents=True, exist_ok=True)
    if options.rehearse:
        found = programs.rehearsed(options.rehearse)
        tools = Path(__file__).parent / "rehearsal"
    else:
        found, tools = programs.packed() or programs.built() or pack.build_in_place(), None
        if pack.commit() not in ("unknown", found.manifest["commit"]):
            print(f"the programs are of commit {found.manifest['commit']}, the sources are not: "
                  "./dev gpu pack")
    report = Report(folder / "report.json")
    names = battery.chosen(report, options.stages, options.resume)
    session = Session(folder, found, tools)
    session.earlier = report.stages if options.resume else {}
    status = battery.run(session, report, names, options.minutes)
    write_report(report.content, folder)
    return status


def run_report(options):
    content = merged([load(folder / "report.json") for folder in options.folders])
    folder = options.folders[0]
    if options.publish:
        folder = programs.ROOT / "docs/gpu" / published_name(content)
    elif len(options.folders) > 1:
        folder = output_folder()
    kept = Report()
    kept.path, kept.content = folder / "report.json", content
    kept.save()
    write_report(content, folder)
    return 0


def published_name(content):
    if content.get("rehearsal"):
        raise ValueError("a rehearsal is not published")
    if not content.get("device"):
        raise ValueError("a report without a device is not published")
    return content["device"].lower().replace(" ", "-") + "-" + content["started"].split(" ")[0]


def parse_arguments(words):
    parser = argparse.ArgumentParser(prog="./dev gpu", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    if words[:1] == ["pack"]:
        parser.add_argument("architectures", nargs="*", default=["90a"], metavar="ARCH")
        parser.set_defaults(function=lambda options: pack.pack(options.architectures))
        return parser.parse_args(words[1:])
    if words[:1] == ["report"]:
        parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
        parser.add_argument("--publish", action="store_true")
        parser.set_defaults(function=run_report)
        return parser.parse_args(words[1:])
    parser.add_argument("stages", nargs="*", metavar="STAGE")
    parser.add_argument("--minutes", type=float, help="for all stages together")
    parser.add_argument("--resume", action="store_true",
                        help="what has passed is left out, what was cut off completed")
    parser.add_argument("--output", type=Path, help="the output folder")
    parser.add_argument("--rehearse", type=Path, metavar="TESTS",
                        help="without a GPU, by the programs of the executor in this folder")
    parser.set_defaults(function=run)
    return parser.parse_args(words)


def main(words):
    options = parse_arguments(words)
    try:
        return options.function(options)
    except (ValueError, OSError) as error:
        print(f"./dev gpu: {error}", file=sys.stderr)
        return USAGE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
