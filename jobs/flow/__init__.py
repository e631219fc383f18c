"""What is done to deliveries and releases: stages and verbs as tasks over shards of stored tables.

Composes `corpus`, `storage` and `on_ray`; reads no configuration and prints nothing.
"""
