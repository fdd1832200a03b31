# SPDX-License-Identifier: Apache-2.0
"""The same as pytorch_worker.py on a GPU. The one argument says how: cudnn, native (without cuDNN)
or compiled (by torch.compile)."""

import sys

import torch

import pytorch_worker

LEAST_CALLS = 32            # in a graph, unless a call is long
LONG = 64 << 20             # bytes of a tensor whose calls are


class CudaCase(pytorch_worker.Case):
    """Times are those between two events around replays of a CUDA graph."""

    device = "cuda"
    mode = "cudnn"

    def __init__(self, request):
        self.graph = None
        # Backward runs on the stream that forward ran on, and must be captured there.
        self.stream = torch.cuda.Stream()
        with torch.cuda.stream(self.stream):
            super().__init__(request)

    def adapt(self):
        if self.layer == "layer":  # on a GPU it takes no parameters of another type than x's
            self.gamma, self.beta = self.gamma.to(self.type), self.beta.to(self.type)

    def prepare(self):
        if self.mode == "compiled" and "norm" not in vars(self):
            torch._dynamo.reset()  # after a few compilations it would fall back to eager calls
            self.norm = torch.compile(super().norm, dynamic=False)
        return super().prepare()

    def run(self):
        with torch.cuda.stream(self.stream):
            super().run()
        torch.cuda.synchronize()

    def round(self):
        for place in range(self.calls_per_round):
            self.calls[place % len(self.calls)]()

    def capture(self):
        sets = len(self.calls)
        is_long = self.spacing > LONG
        self.calls_per_round = sets if is_long else -(-max(LEAST_CALLS, sets) // sets) * sets
        for _ in range(2):
            self.round()
        torch.cuda.synchronize()
        try:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=self.stream):
                self.round()
            self.graph = graph.replay
        except RuntimeError:  # enqueued one by one, then
            torch.cuda.synchronize()
            self.graph = self.round
        self.begin = torch.cuda.Event(enable_timing=True)
        self.end = torch.cuda.Event(enable_timing=True)

    def time(self, calls):
        with torch.cuda.stream(self.stream):
            return self.time_on_stream(calls)

    def time_on_stream(self, calls):
        if self.graph is None:
            self.capture()
        rounds = -(-calls // self.calls_per_round)
        self.begin.record()
        for _ in range(rounds):
            self.graph()
        self.end.record()
        self.end.synchronize()
        milliseconds = self.begin.elapsed_time(self.end)
        return 1e-3 * milliseconds * calls / (rounds * self.calls_per_round)


def main(mode):
    if not torch.cuda.is_available():
        sys.exit("PyTorch sees no GPU")
    CudaCase.mode = mode
    torch.backends.cudnn.enabled = mode != "native"
    if mode == "compiled":
        # `import torch._functorch.config` would make torch a local name of this function.
        from torch._functorch import config
        config.donated_buffer = False  # gradients are taken again and again
    version = f"{torch.__version__}, CUDA {torch.version.cuda}"
    if mode != "native":
        version += f", cuDNN {torch.backends.cudnn.version()}"
    pytorch_worker.main(CudaCase, version)


if __name__ == "__main__":
    main(sys.argv[1])
