"""Tasks that are done once: checkpoints, the exchange of partitions, files of tables.

Independent of stages: what a single stage needs is in that stage's module.
"""
