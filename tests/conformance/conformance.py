#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs golden files through the library, in double on the CPU, by ctypes classes that are made from
jsnorm_api.json alone: what a generator of bindings has to know is in that file.

    conformance.py --library libjsnorm.so --api jsnorm_api.json golden/*.txt
"""

import argparse
import ctypes
import json
import sys

KINDS = {
    "batch": "JSNORM_BATCH_NORM",
    "batch_per_activation": "JSNORM_BATCH_NORM_PER_ACTIVATION",
    "layer_spatial": "JSNORM_INSTANCE_NORM",
    "layer_token": "JSNORM_LAYER_NORM",
    "group": "JSNORM_GROUP_NORM",
}
# A golden file's names of outputs that have another name in the API.
NAMES = {"mean": "saved_mean", "variance": "saved_variance"}
NAMES |= {f"running_{of}_out": f"next_running_{of}" for of in ("mean", "variance")}
# The numbers of a file are exact; the library promises 1e-12 times the condition of a sum. A wrong
# offset, length or argument is far off.
TOLERANCE = 1e-10
SCALARS = {f"{name}_t": getattr(ctypes, f"c_{name}") for name in ("int32", "uint32", "int64", "uint64")}
SCALARS |= {"size_t": ctypes.c_size_t, "double": ctypes.c_double, "void": None}


class Library:
    """Every function, struct and enumerator of the JSON."""

    def __init__(self, path, api):
        self.types = SCALARS | {enum["name"]: ctypes.c_int32 for enum in api["enums"]}
        for opaque in api["opaque_types"] + api["callbacks"]:
            self.types[opaque["name"]] = ctypes.c_void_p
        named = [value for enum in api["enums"] for value in enum["values"]] + api["macros"]
        self.values = {entry["name"]: entry["value"] for entry in named}
        self.structs = {struct["name"]: struct for struct in api["structs"]}
        self.operations = {entry["operation"]: entry for entry in api["operations"]}
        self.library = ctypes.CDLL(path)
        for function in api["functions"]:
            declared = getattr(self.library, function["name"])
            declared.argtypes = [self.type_of(a["type"]) for a in function["arguments"]]
            declared.restype = self.type_of(function["returns"]["type"], ctypes.c_char_p)

    def type_of(self, c_type, pointer=ctypes.c_void_p):
        return pointer if c_type.endswith("*") else self.types[c_type]

    def struct(self, name):
        fields = [(f["name"], self.type_of(f["type"])) for f in self.structs[name]["fields"]]
        made = type(name, (ctypes.Structure,), {"_fields_": fields})
        if ctypes.sizeof(made) != self.structs[name]["size"]:
            raise RuntimeError(f"{name} is {ctypes.sizeof(made)} bytes")
        return made()

    def call(self, name, *arguments):
        if getattr(self.library, name)(*arguments) != self.values["JSNORM_STATUS_SUCCESS"]:
            raise RuntimeError(self.library.jsnormGetLastErrorString().decode())

    def new(self, name, *arguments):
        """What a function gives back through its last pointer: an object, or a size."""
        result = ctypes.c_size_t()
        self.call(name, *arguments, ctypes.byref(result))
        return result.value


class Layer:
    """The norm of a golden file, ready to run operations."""

    def __init__(self, library, golden):
        self.library, values = library, library.values
        self.handle = ctypes.c_void_p()
        library.call("jsnormCreate", ctypes.byref(self.handle), values["JSNORM_BACKEND_CPU"])
        dims = [int(size) for size in golden["shape"]]
        self.x_desc, self.norm = ctypes.c_void_p(), ctypes.c_void_p()
        library.call("jsnormCreateTensorDescriptor", ctypes.byref(self.x_desc))
        packed = (ctypes.c_int64 * len(dims))(*dims)
        type_of_x = values["JSNORM_DOUBLE"]
        library.call("jsnormSetTensorDescriptor", self.x_desc, type_of_x, len(dims), packed, None)
        kind = values[KINDS[golden["kind"][0]]]
        library.call("jsnormCreateNormDescriptor", ctypes.byref(self.norm), kind)
        estimators = [
            values["JSNORM_ESTIMATOR_" + golden.get(f"{of}_estimator", ["JAMES_STEIN"])[0]]
            for of in ("mean", "variance")
        ]
        activation = "JSNORM_ACTIVATION_" + golden.get("activation", ["none"])[0].upper()
        self.relu = activation.endswith("RELU")
        library.call("jsnormSetNormEstimators", self.norm, *estimators)
        library.call("jsnormSetNormActivation", self.norm, values[activation])
        library.call("jsnormSetNormLambda", self.norm, float(golden.get("lambda", [0])[0]))
        library.call("jsnormSetNormEffectiveFraction", self.norm,
                     float(golden.get("effective_fraction", [1])[0]))
        library.call("jsnormSetNormEpsilon", self.norm, float(golden.get("epsilon", [1e-5])[0]))
        if golden["kind"][0] == "group":
            library.call("jsnormSetNormGroupCount", self.norm, int(golden.get("groups", [1])[0]))
        sizes = (ctypes.c_int64 * 4)()
        places = [ctypes.byref(sizes, 8 * i) for i in range(4)]
        library.call("jsnormGetStatisticsShape", self.norm, self.x_desc, *places)
        self.symbols = {"G": sizes[0], "K": sizes[1], "P": sizes[3], "elements": len(golden["x"])}
        self.symbols["mask_bytes"] = library.new("jsnormGetMaskSize", self.x_desc)

    def run(self, operation, inputs, wanted):
        """Outputs of these names, from inputs by name, in arrays as long as the formulas say."""
        described = self.library.operations[operation]
        args = self.library.struct(described["args"])
        self.library.call(described["init"], ctypes.byref(args), ctypes.sizeof(args))
        query = (self.handle, self.norm, self.x_desc, self.library.values[operation])
        args.workspace_bytes = self.library.new("jsnormGetWorkspaceSize", *query)
        symbols = self.symbols | {"workspace_bytes": args.workspace_bytes}
        arrays = {}
        for field in self.library.structs[described["args"]]["fields"]:
            name = field["name"]
            if name.endswith("_desc") and name.removesuffix("_desc") not in ("parameter", "running"):
                setattr(args, name, self.x_desc)
            elif "length" in field and name in {"workspace", *inputs, *wanted}:
                count = eval(field["length"], {"max": max}, symbols)
                item = ctypes.c_char if field["unit"] == "bytes" else ctypes.c_double
                arrays[name] = inputs[name] if name in inputs else (item * count)()
                if len(arrays[name]) != count:
                    raise RuntimeError(f"{name} has {len(arrays[name])} entries, not {count}")
                setattr(args, name, ctypes.addressof(arrays[name]))
            elif name in inputs:
                setattr(args, name, inputs[name])
        self.library.call(described["function"], self.handle, self.norm, ctypes.byref(args))
        return {name: arrays[name] for name in wanted if name in arrays}


def solve(library, golden):
    """Everything that the library computes of a golden file, by the file's names."""
    layer = Layer(library, golden)
    given = {name: (ctypes.c_double * len(values))(*map(float, values))
             for name, values in golden.items() if name in ("x", "z", "dy", "gamma", "beta")}
    running = {name: (ctypes.c_double * len(golden[name]))(*map(float, golden[name]))
               for name in ("running_mean", "running_variance") if name in golden}
    mask = ["mask"] if layer.relu else []
    forward = {name: given[name] for name in ("x", "z", "gamma", "beta") if name in given}
    statistics = ["saved_mean", "saved_variance", "shrunk_mean", "shrunk_variance"]
    updated = [f"next_{name}" for name in running]
    factor = {"factor": float(golden.get("factor", [0.1])[0])}
    trained = layer.run("JSNORM_FORWARD_TRAINING", forward | running | factor,
                        ["y", *statistics, *updated, *mask])
    solution = dict(trained)
    used = {name.removeprefix("next_"): trained[name] for name in updated}
    if used or "batch" not in golden["kind"][0]:
        inferred = layer.run("JSNORM_FORWARD_INFERENCE", forward | used, ["y"])
        solution["y_inference"] = inferred["y"]
    if "dy" in given:
        saved = {name: trained[name] for name in ["saved_mean", "saved_variance", *mask]}
        backward = {name: given[name] for name in given if name != "z"} | saved
        solution |= layer.run("JSNORM_BACKWARD", backward, ["dx", "dz", "dgamma", "dbeta"])
    return solution


def read(path):
    lines = [line.split() for line in open(path) if line.strip() and not line.startswith("#")]
    return {key: values for key, *values in lines}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--library", required=True)
    parser.add_argument("--api", required=True)
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    library = Library(options.library, json.load(open(options.api)))
    outputs = ["y", "dx", "dz", "y_inference", "dgamma", "dbeta", "shrunk_mean", "shrunk_variance"]
    failures = compared = 0
    for path in options.files:
        golden = read(path)
        solution = solve(library, golden)
        for key in [*outputs, *NAMES]:
            if key not in golden:
                continue
            expected, got = map(float, golden[key]), solution[NAMES.get(key, key)]
            pairs = list(zip(expected, got, strict=True))
            scale = max(abs(right) for right, _ in pairs) or 1
            error = max(abs(right - value) for right, value in pairs) / scale
            compared += 1
            if not error <= TOLERANCE:
                failures += 1
                print(f"{path}: {key} is off by {error:.3g} of its largest entry")
    print(f"{len(options.files)} files, {compared} outputs compared, {failures} wrong")
    return 1 if failures or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
