"""The only room that speaks to Ray: a session, shards mapped over tasks, readers' datasets.

Knows nothing of corpora and releases.
"""
