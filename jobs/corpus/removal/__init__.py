"""Removed spans: repeated lines, and site boilerplate.

Every span is a row of REMOVALS, so that it can be put back.
"""
