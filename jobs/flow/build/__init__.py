"""A build: normalize, site boilerplate, dedup, merge, publish, and the parent it extends.

Composes the rooms below; a takedown uses it, and it knows no takedown.
"""
