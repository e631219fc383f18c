"""Published releases: read, verified, explained, compared, exported, mirrored, signed.

Reads releases and never changes one; building and takedown lie above.
"""
