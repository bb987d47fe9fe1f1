"""A job that must never run twice at a time, nor stop for long."""

import time

import hotswap
from ticks import note


# All workers ask for the lease, and one has it. The next one gets it when this function has returned, so a job
# that has begun is done.
@hotswap.lease("scheduler")
def schedule(stop):
    while not stop.is_set():
        note("begin")
        time.sleep(0.02)
        note("end")
        stop.wait(0.1)
