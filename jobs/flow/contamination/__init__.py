"""Benchmark files are read and indexed, their index reaches tasks, releases are searched again.

What a match means is decided in `corpus.contamination`.
"""
