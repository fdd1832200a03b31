# SPDX-License-Identifier: Apache-2.0
"""What a stage found out, and report.json, in which all of it is kept."""

import json
from dataclasses import asdict, dataclass, field

FORMAT = 1
PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"

# Exit statuses.
ALL_PASSED, SOMETHING_FAILED, USAGE, SOMETHING_NOT_RUN = 0, 1, 2, 3


@dataclass
class Result:
    outcome: str
    reason: str = ""  # why it was not run
    failures: list = field(default_factory=list)
    unfinished: list = field(default_factory=list)  # parts that were not run, with their reasons
    data: dict = field(default_factory=dict)
    seconds: float = 0


def not_run(reason):
    return Result(NOT_RUN, reason)


def judged(failures, unfinished=(), data=None):
    """A stage of which at least a part has run."""
    return Result(FAILED if failures else PASSED, "", list(failures), list(unfinished), data or {})


class Report:
    """report.json: written after every stage, so that what was measured is never lost."""

    def __init__(self, path=None):
        self.path = path
        self.content = {"format": FORMAT, "stages": {}}
        if path is not None and path.exists():
            self.content = load(path)

    def header(self, facts):
        self.content.update(facts)

    @property
    def stages(self):
        return {name: Result(**kept) for name, kept in self.content["stages"].items()}

    def keep(self, name, result):
        self.content["stages"][name] = asdict(result)
        self.save()

    def save(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(self.content, indent=1) + "\n")
        partial.replace(self.path)

    def exit_status(self, names):
        results = [self.stages.get(name, not_run("")) for name in names]
        if any(result.outcome == FAILED for result in results):
            return SOMETHING_FAILED
        if any(result.outcome == NOT_RUN or result.unfinished for result in results):
            return SOMETHING_NOT_RUN
        return ALL_PASSED


def load(path):
    content = json.loads(path.read_text())
    if content.get("format") != FORMAT:
        raise ValueError(f"{path}: format {content.get('format')}, not {FORMAT}")
    return content


def merged(contents):
    """One report of several, of the same programs on the same device; later stages win."""
    first = contents[0]
    result = dict(first, stages={})
    for content in contents:
        for key in ("programs", "device"):
            if content.get(key) != first.get(key):
                raise ValueError(f"the reports differ in their {key}: "
                                 f"{first.get(key)} and {content.get(key)}")
        for name, stage in content["stages"].items():
            kept = result["stages"].get(name)
            if kept is None or stage["outcome"] != NOT_RUN:
                result["stages"][name] = stage
    return result
