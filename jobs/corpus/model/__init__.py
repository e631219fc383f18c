"""What every step agrees on: schemas of tables, identity, reasons, hosts of addresses.

Imports nothing of the other packages but hashing of text buffers; no logic of any step may enter.
"""
