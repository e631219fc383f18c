"""Papers of a release: what laws, standards and buyers ask of it, made of its own records.

Reads a release and changes none; no number in a paper is typed by hand.
"""
