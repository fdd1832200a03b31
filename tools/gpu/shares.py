# SPDX-License-Identifier: Apache-2.0
"""Divides a time among lists of which nobody knows beforehand what their items cost."""

from dataclasses import dataclass

MARGIN = 0.7        # of its share is a batch planned to take
GROWTH = 8          # a batch has at most so many times the items of the one before
MOST_CHARACTERS = 100_000  # of the names of a batch: one word of a command has at most 128 KiB


@dataclass
class Job:
    todo: list
    batch: int = 0           # items of the last batch
    seconds: float = 0       # that it took
    start: float = 0         # of them before the first item
    seconds_each: float = 0  # and for each item

    def learn(self, count, seconds):
        """Two batches tell the start of the program from its items; one cannot."""
        self.start, self.seconds_each = 0, seconds / count
        if count > self.batch > 0:
            slope = (seconds - self.seconds) / (count - self.batch)
            self.seconds_each = min(max(slope, 0.1 * seconds / count), seconds / count)
            self.start = seconds - self.seconds_each * count
        self.batch, self.seconds = count, seconds

    def cost(self):
        return self.start + self.seconds_each * len(self.todo)

    def fitting(self, seconds):
        """How many items are likely to end in this time."""
        count = (MARGIN * seconds - self.start) / max(self.seconds_each, 1e-9)
        count = max(0, int(min(count, len(self.todo), GROWTH * self.batch)))
        while sum(len(item) + 1 for item in self.todo[:count]) > MOST_CHARACTERS:
            count //= 2
        return count


def spread(items):
    """In an order of which every beginning is a sample of the whole list."""
    golden = (5 ** 0.5 - 1) / 2
    return [items[i] for i in sorted(range(len(items)), key=lambda i: i * golden % 1)]


def divide(jobs, end, clock, run):
    """Runs as much of the jobs as fits before `end`. One item of each shows what its list costs;
    then the cheapest goes first, with an equal part of the time: what it does not need is left to
    the others.

    run(job, items, seconds) tells whether the items are done with. A job is given up otherwise."""

    def attempt(job, count, seconds):
        if seconds < 1:
            return False
        begin = clock()
        done = run(job, job.todo[:count], seconds)
        if done:
            job.learn(count, clock() - begin)
            del job.todo[:count]
        return done and job.todo

    equal = (end - clock()) / max(len(jobs), 1)
    waiting = [job for job in jobs if job.todo and attempt(job, 1, min(equal, end - clock()))]
    waiting.sort(key=Job.cost)
    while waiting:
        share = (end - clock()) / len(waiting)
        count = waiting[0].fitting(share)
        if count < 1 or not attempt(waiting[0], count, share):
            waiting.pop(0)
