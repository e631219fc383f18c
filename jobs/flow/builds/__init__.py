"""A build: normalize, site boilerplate, dedup, merge, publish, and the parent it extends.

Composes the packages below it. The takedown package uses this one, never the other way round.
"""
