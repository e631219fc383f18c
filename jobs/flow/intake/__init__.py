"""Deliveries are planned as input shards, and read.

Decides what a task reads; what becomes of the rows is decided elsewhere.
"""
