# SPDX-License-Identifier: Apache-2.0
"""The GPU as nvidia-smi shows it, and why the programs may not run on it."""

import csv
import io
import re

# As nvidia-smi --query-gpu names them. Clocks are read as found; nothing is ever set.
QUERIED = ["name", "driver_version", "compute_cap", "memory.total", "memory.free", "clocks.sm",
           "clocks.mem", "clocks.max.sm", "clocks.max.mem", "power.draw", "power.limit",
           "temperature.gpu", "ecc.mode.current", "persistence_mode", "mig.mode.current", "pstate"]


def parse_query(text):
    """The first device of `--query-gpu=... --format=csv`: {field: value with its unit}."""
    rows = list(csv.reader(io.StringIO(text), skipinitialspace=True))
    if len(rows) < 2 or len(rows[0]) != len(rows[1]):
        raise ValueError("nvidia-smi lists no device")
    names = [re.sub(r" \[.*\]$", "", name) for name in rows[0]]
    return dict(zip(names, rows[1]))


def parse_cuda_version(text):
    """The newest CUDA that the driver runs, of the heading of plain nvidia-smi; None without."""
    found = re.search(r"CUDA (?:UMD )?Version: *([0-9]+)\.([0-9]+)", text)
    return (int(found[1]), int(found[2])) if found else None


def describe(session):
    """(facts, reason): the facts of the device, or why there is none."""
    tool = session.tool("nvidia-smi")
    if tool is None:
        return {}, "no GPU: there is no nvidia-smi, which comes with the driver"
    query = session.execute([tool, "--query-gpu=" + ",".join(QUERIED), "--format=csv"], 30)
    if query.code != 0:
        return {}, "no GPU: nvidia-smi says: " + last_line(query.output)
    try:
        facts = parse_query(query.output)
    except ValueError as error:
        return {}, f"no GPU: {error}"
    cuda = parse_cuda_version(session.execute([tool], 30).output)
    facts["cuda_of_driver"] = "%d.%d" % cuda if cuda else "unknown"
    return facts, ""


def clocks(session):
    """Clocks, power and temperature of this moment."""
    query = session.execute([session.tool("nvidia-smi"), "--query-gpu=clocks.sm,clocks.mem,"
                             "power.draw,temperature.gpu,pstate", "--format=csv"], 30)
    try:
        return parse_query(query.output)
    except ValueError:
        return {}


def obstacle(facts, manifest):
    """Why programs of this manifest cannot run on this device; empty where they can."""
    needed = manifest["toolkit"].split(".")[0]
    driver = facts["cuda_of_driver"].split(".")[0]
    if driver.isdigit() and int(driver) < int(needed):
        return (f"the driver {facts['driver_version']} is too old: it runs CUDA "
                f"{facts['cuda_of_driver']}, the programs are made with {manifest['toolkit']}")
    capability = facts["compute_cap"].replace(".", "")
    if not any(runs_on(built, capability) for built in manifest["architectures"]):
        return (f"{facts['name']} has compute capability {facts['compute_cap']}, the programs "
                f"hold code for {', '.join(manifest['architectures'])}")
    return ""


def refusal(session):
    """What the library itself says where it cannot use the device; empty where it can."""
    golden, files = session.programs.path("golden"), session.programs.golden_files()
    if golden is None or not files:
        return ""
    cannot_be_run = 2  # jsnorm_golden's exit status
    finished = session.execute([golden, "--backend", "cuda", "--type", "float", files[0]], 120)
    return last_line(finished.output) if finished.code == cannot_be_run else ""


def runs_on(architecture, capability):
    """Whether code for e.g. 90a-real, 80-real or 120 (with PTX) runs on capability e.g. 90."""
    number, specific, real = re.fullmatch(r"(\d+)([af]?)(-real)?", architecture).groups()
    if specific:
        return number == capability
    if int(number) // 10 == int(capability) // 10 and int(number) <= int(capability):
        return True
    return not real and int(number) <= int(capability)


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing"
