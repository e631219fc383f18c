"""Synthetic deliveries: as much Chinese text as is asked for, and the truth about it."""

from jobs.synthesis.demo import write_demo

__all__ = ["write_demo"]
