"""Mutations of commands and of what they say before a build: plans, previews, progress."""

from __future__ import annotations

from tests.mutations.mutation import mutations_of

OF_COMMANDS = [
    *mutations_of(
        "jobs/command/plain_config.py",
        "unit/command/test_plain_config",
        ('if word == "null" and may_be_null(kind):', 'if word == "null":'),
        ("{**group[name], **value} if is_merged else value", "value"),
        ('or "${" in word ', ""),
        ("inner = word[1:-1] if is_quoted(word) else word", "inner = word"),
    ),
    *mutations_of(
        "jobs/command/progress_state.py",
        "unit/command/test_progress_state",
        ("ran, left = self._done - self._found,", "ran, left = self._done,"),
        ("rows - self._at_start[0]", "rows"),
        ("return seconds * left / ran + max", "return seconds * self._total / ran + max"),
        ("rows=max(known[0][0], known[2][0])", "rows=known[0][0] + known[2][0]"),
        (
            "return self._part(self._done) - self._part(self._found)",
            "return self._part(self._done)",
        ),
    ),
    *mutations_of(
        "jobs/command/completion.py",
        "unit/command/test_completion",
        ('if not root or "://" in root:', "if not root:"),
        ("if value not in chosen:", "if True:"),
        ("if key.name not in taken)", ")"),
        ('f"{name}/{version}" if len(states) > 1 else version', "version"),
    ),
    *mutations_of(
        "jobs/command/columns.py",
        "unit/command/test_columns unit/command/test_side_by_side",
        ('in "WF" else 1', 'in "W" else 1'),
        ("    if unicodedata.combining(letter):\n", "    if False:\n"),
        ('os.environ.get("COLUMNS", "").isdecimal() or sys.stdout.isatty()', "True"),
        ('tail = "" if _SENTENCE.search(text) else', 'tail = "" if True else'),
        ("if not numbers[at] and width > floors[at]", "if width > floors[at]"),
    ),
    *mutations_of(
        "jobs/command/explanations.py",
        "unit/command/test_differences unit/flow/releases/test_questions",
        ("        if one[low:middle] == other[low:middle]:\n", "        if True:\n"),
        ("above=line, width=width", "above=0, width=width"),
        ("    if dropped == kept:\n", "    if False:\n"),
    ),
    *mutations_of(
        "jobs/flow/releases/delivered_rows.py",
        "unit/flow/releases/test_questions integration/test_explained_repairs",
        ('if found.digest == delivered["xxh3_128"]:', "if True:"),
    ),
    *mutations_of(
        "jobs/corpus/intake/column_names.py",
        "unit/corpus/intake/test_column_names unit/flow/intake/test_column_check",
        ("_ALIKE = 0.8", "_ALIKE = 0.5"),
        ("_ALIKE = 0.8", "_ALIKE = 0.95"),
        ("spelt |= {name.lower(): name for name in reversed(free)}", "pass"),
    ),
    *mutations_of(
        "jobs/flow/intake/delivery_samples.py",
        "unit/flow/intake/test_delivery_samples unit/flow/intake/test_partner_preview",
        (
            "return FirstRows(found, is_whole=True, error=met)",
            "return FirstRows([], is_whole=True, error=met)",
        ),
        ("number * (len(filled) - 1) // (most - 1)", "number"),
        ("return FirstRows(found, is_whole=False, error=None)", "pass"),
    ),
    *mutations_of(
        "jobs/flow/intake/mistakes.py",
        "unit/flow/intake/test_mistakes unit/flow/intake/test_partner_preview",
        ("or 2 * files <= found.files:", "or files < 0:"),
        ("0 if found.is_skipping else error.exit_code", "error.exit_code"),
        ("if layout.rows > found.reject_share * rows else 0", "if layout.rows else 0"),
        ("LossAlarm.exit_code if is_certain else 0", "0"),
        ('and column.kind == "page":', 'and column.kind == "none":'),
    ),
    *mutations_of(
        "jobs/flow/intake/choices.py",
        "unit/flow/intake/test_plan",
        ("return file not in self._known and", "return"),
        ("return self._only is None or self.is_named(name)", "return True"),
    ),
    *mutations_of(
        "jobs/flow/intake/read_files.py",
        "unit/flow/intake/test_plan",
        ("return source.name, *source.listed", "return source.name, source.size_bytes, ''"),
    ),
    *mutations_of(
        "jobs/flow/builds/delivered_amounts.py",
        "unit/flow/builds/test_estimate",
        ("amount.rejected += times * one.rejected", "amount.rejected += one.rejected"),
        ("sum(one.cpu_seconds - one.reading_seconds for", "sum(one.reading_seconds for"),
        ("    times = stored / one.stored_bytes\n", "    times = 1.0\n"),
    ),
    *mutations_of(
        "jobs/flow/builds/sample_costs.py",
        "unit/flow/builds/test_estimate",
        ("size_bytes * share, found.tables)", "size_bytes, found.tables)"),
        ("return taken / max(1, produced), bytes(held)", "return 1.0, bytes(held)"),
    ),
    *mutations_of(
        "jobs/flow/builds/machine.py",
        "unit/flow/builds/test_estimate",
        ("return max(base + each * size for", "return min(base + each * size for"),
        ("fitting = int(there // need.task_memory)", "fitting = need.workers"),
        ("        if self.is_cluster:\n            return\n", ""),
    ),
    *mutations_of(
        "jobs/flow/builds/bad_files.py",
        "unit/flow/builds/test_bad_files",
        ("stopping = [pair for pair in met if not pair[0].partner.is_skipping]", "stopping = []"),
        ("text.replace(files[name].source.uri, name)", "text"),
        ("hide(str(error))", "str(error)"),
    ),
]
