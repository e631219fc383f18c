"""Tasks that are done once: checkpoints, the exchange of partitions, files of tables.

Knows no stage; whatever a single stage needs stays with that stage.
"""
