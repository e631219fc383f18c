"""Lines that are cut out of documents: repeated ones, and those that a site's pages share.

Whatever is cut is a row of REMOVALS, so that it can be put back.
"""
