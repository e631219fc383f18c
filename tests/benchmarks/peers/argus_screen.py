"""argus-redact (fast mode, regular expressions alone) on stretches of text: what it changes.

PYTHON tests/benchmarks/peers/argus_screen.py < STRETCHES.json     # [[text, planted words], …]
"""

from __future__ import annotations

import json
import sys
import time

from argus_redact import redact

stretches = json.load(sys.stdin)
start = time.process_time()
changed = [said not in redact(text, lang="zh", mode="fast")[0] for text, said in stretches]
seconds = time.process_time() - start
size = sum(len(text.encode()) for text, _ in stretches)
json.dump({"is_redacted": changed, "mb_per_cpu_s": size / 1e6 / seconds}, sys.stdout)
