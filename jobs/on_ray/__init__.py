"""The only package that uses Ray: a session, shards mapped over tasks, readers' datasets.

Does not depend on corpora and releases.
"""
