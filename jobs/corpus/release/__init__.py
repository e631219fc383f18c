"""What a release holds: decisions, accounts that balance, takedowns, statistics, export layouts.

Pure functions of tables; files and manifests are the flow's.
"""
