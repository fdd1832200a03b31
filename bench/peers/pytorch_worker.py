# SPDX-License-Identifier: Apache-2.0
"""Computes the cases that jsnorm_bench asks for with PyTorch, and times itself.

Requests are lines: a verb and key=value words. Answers are lines: "ok ...", or "unavailable WHY".
"""

import mmap
import os
import sys
import time

import torch
import torch.nn.functional as F

EPSILON = 1e-5
WAKE_SECONDS = 0.012  # as in clock.cpp: until threads that slept have a processor each
TYPES = {"float": torch.float32, "half": torch.float16, "bfloat16": torch.bfloat16}


class Case:
    """Tensors of a case and what is called on them."""

    device = "cpu"

    def __init__(self, request):
        self.layer = request["layer"]
        self.dims = [int(dim) for dim in request["dims"].split("x")]
        self.channels_last = request["channels_last"] == "1"
        self.type = TYPES[request["type"]]
        self.direction = request["direction"]
        self.add_relu = request["add_relu"] == "1"
        self.misalignment = int(request["misalignment"])
        self.spacing = int(request["spacing"])
        self.parameter_spacing = int(request["parameter_spacing"])
        file = os.open(request["path"], os.O_RDWR)
        self.memory = mmap.mmap(file, 0)
        os.close(file)
        torch.set_num_threads(int(request["threads"]))
        # A layer norm has no running statistics; nobody reads the memory in their place.
        self.gamma, self.beta, *self.running = (
            self.parameter(index, self.dims[1]).to(self.device, copy=True) for index in range(4)
        )
        self.adapt()
        self.calls = [self.prepare() for _ in range(int(request["sets"]))]
        self.next = 0

    def adapt(self):
        """For a device whose operations ask for other parameters than float."""

    def parameter(self, index, count):
        where = 5 * self.spacing + index * self.parameter_spacing
        return torch.frombuffer(self.memory, dtype=torch.float32, count=count, offset=where)

    def shared(self, index):
        count = 1
        for dim in self.dims:
            count *= dim
        where = index * self.spacing
        return torch.frombuffer(self.memory, dtype=self.type, count=count, offset=where)

    def tensor(self, index):
        """A copy of the shared tensor in memory of our own, seen as N, C, spatial..."""
        flat = self.shared(index)
        own = torch.empty(flat.numel() + self.misalignment, dtype=self.type, device=self.device)
        own = own[self.misalignment:].copy_(flat)
        if not self.channels_last:
            return own.view(self.dims)
        last = [self.dims[0], *self.dims[2:], self.dims[1]]
        return own.view(last).permute(0, len(self.dims) - 1, *range(1, len(self.dims) - 1))

    def publish(self, index, result):
        if self.channels_last:
            result = result.permute(0, *range(2, len(self.dims)), 1)
        self.shared(index).copy_(result.reshape(-1))

    def norm(self, x, gamma, beta):
        if self.layer == "layer":
            return F.layer_norm(x, self.dims[1:], gamma, beta, EPSILON)
        if self.direction == "inference":
            return F.batch_norm(x, *self.running, gamma, beta, False, 0.0, EPSILON)
        return F.batch_norm(x, None, None, gamma, beta, True, 0.0, EPSILON)

    def prepare(self):
        """A function that computes the case on tensors of its own."""
        x = self.tensor(0)
        z = self.tensor(1) if self.add_relu else None

        def forward(gamma, beta):
            y = self.norm(x, gamma, beta)
            return y if z is None else F.relu(y + z)

        if self.direction != "backward":
            return lambda: forward(self.gamma, self.beta)
        inputs = [x, self.gamma.clone(), self.beta.clone()]
        if z is not None:
            inputs.append(z)
        for tensor in inputs:
            tensor.requires_grad_()
        dy = self.tensor(2)
        with torch.enable_grad():
            y = forward(inputs[1], inputs[2])
        return lambda: torch.autograd.grad(y, inputs, dy, retain_graph=True)

    def run(self):
        result = self.calls[0]()
        if self.direction != "backward":
            self.publish(3, result)
            return
        self.publish(3, result[0])
        for index, gradient in ((4, result[1]), (5, result[2])):
            self.parameter(index, gradient.numel()).copy_(gradient)
        if self.add_relu:
            self.publish(4, result[3])

    def time(self, calls):
        """Seconds of so many calls; results are dropped, as those of a layer are after its use."""
        functions, count, place = self.calls, len(self.calls), self.next
        awake = time.perf_counter() + WAKE_SECONDS
        functions[place - 1]()
        while time.perf_counter() < awake:
            functions[place]()
            place = place + 1 if place + 1 < count else 0
        begin = time.perf_counter()
        for _ in range(calls):
            functions[place]()
            place = place + 1 if place + 1 < count else 0
        seconds = time.perf_counter() - begin
        self.next = place
        return seconds


def wait_for_rest():
    """Returns when the threads of this process have stopped waiting by spinning."""
    for _ in range(200):
        before = time.process_time()
        time.sleep(0.001)
        if time.process_time() - before < 2e-4:
            return


def serve(line, case, make):
    """The answer, and the case from now on."""
    verb, *words = line.split()
    request = dict(word.split("=", 1) for word in words)
    if verb == "prepare":
        case = make(request)
    elif verb == "forget":
        case = None
    elif verb == "run":
        case.run()
    elif verb == "time":
        seconds = case.time(int(request["calls"]))
        wait_for_rest()
        return f"ok {seconds:.9e}", case
    return "ok", case


def main(make=Case, version=torch.__version__):
    torch.set_grad_enabled(False)
    print("ready", version, flush=True)
    case = None
    for line in sys.stdin:
        try:
            answer, case = serve(line, case, make)
        except Exception as error:  # whatever PyTorch says to a case that it does not have
            words = f"{type(error).__name__}: {error}"
            answer = "unavailable " + " ".join(words.split())[:300]
        print(answer, flush=True)


if __name__ == "__main__":
    main()
