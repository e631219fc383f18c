"""What is computed of documents: pure functions from table to table, with their kernels.

Knows no file, no store, no Ray and no configuration; every decision it makes is a column or a row.
"""
