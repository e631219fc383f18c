"""Mutations of what people act on: acceptance, private data, papers, reports, plans, previews."""

from __future__ import annotations

from tests.mutations.mutation import mutations_of

OF_REPORTS = [
    *mutations_of(
        "jobs/corpus/release/acceptance.py",
        "unit/corpus/release/test_acceptance",
        ("if reviewed and reviewed == of:", "if reviewed:"),
        ("needed = least_count(params.passed, done)", "needed = least_count(params.passed, least)"),
        ("    if done < least:", "    if done <= least:"),
        ('if check is None or check["limits"] != dict(params.limits):', "if check is None:"),
        ('    if check["within"] < needed:', '    if check["within"] <= needed:'),
        ("pc.greater(column.cast(kind)", "pc.greater_equal(column.cast(kind)"),
        ("reduce(pc.or_, are_above.values())", "reduce(pc.and_, are_above.values())"),
        ("(one.documents * one.passed / one.drawn", "(one.drawn * one.passed / one.drawn"),
        ("min(params.reviewed, documents), review", "params.reviewed, review"),
    ),
    *mutations_of(
        "jobs/corpus/release/proportions.py",
        "unit/corpus/release/test_proportions",
        ("each = (1 - confidence) / 2", "each = 1 - confidence"),
        ("Fraction(str(share))", "Fraction(share)"),
    ),
    *mutations_of(
        "jobs/flow/releases/acceptance.py",
        "integration/test_acceptance_gate",
        ('if "" in lacking:', "if lacking:"),
        ('== {"sha256": digest}', '!= {"sha256": ""}'),
        ('if wanted in {None, one["key"]}]', "]"),
    ),
    *mutations_of(
        "jobs/flow/releases/candidates.py",
        "integration/test_acceptance_gate",
        (
            "if note is None or head(source).find(plain) is not None:",
            "if note is None:",
        ),
        (
            'demands = note if note and note["digest"] == release.digest else {}',
            "demands = note or {}",
        ),
    ),
    *mutations_of(
        "jobs/flow/releases/partner_report.py",
        "unit/flow/releases/test_partner_report",
        ("(number - begins < examples)", "(number - begins <= examples)"),
        ('row["kept"] / row["delivered"], row["file"]', 'row["file"]'),
        ("        if kept is not None:\n", "        if True:\n"),
        ('"share": count / delivered,', '"share": count / max(1, rows.total()),'),
        (
            'table.filter(pc.equal(table["partner"], partner))',
            "table",
        ),
    ),
    *mutations_of(
        "jobs/flow/releases/selection.py",
        "unit/flow/releases/test_selection",
        ('"enable_external_access": False', '"enable_external_access": True'),
        ("one.encode(), params.seed) < limit", "one.encode(), 0) < limit"),
        ("one.encode(), params.seed) < limit", "one.encode(), params.seed) >= limit"),
        ("if not 0 < self.sample <= 1:", "if not 0 <= self.sample <= 1:"),
    ),
    *mutations_of(
        "jobs/corpus/keywords/hits.py",
        "unit/corpus/keywords/test_risk_hits",
        ("np.maximum(hits.chars, FEWEST_CHARS)", "np.maximum(hits.chars, 1)"),
        ('if category in {None, one.partition("=")[0]}', 'if category != one.partition("=")[0]'),
        ("density * (wanted / np.maximum(totals, 1))", "density * np.sign(wanted)"),
        ("pa.array(density, mask=is_null)", "pa.array(density)"),
    ),
    *mutations_of(
        "jobs/corpus/keywords/libraries.py",
        "unit/corpus/keywords/test_risk_libraries",
        (
            "if letters < 2 or len(row.word) > LONGEST:",
            "if letters < 1 or len(row.word) > LONGEST:",
        ),
        (
            "if letters < 2 or len(row.word) > LONGEST:",
            "if letters < 2 or len(row.word) >= LONGEST:",
        ),
        ("if count < FEWEST_OF_EACH]", "if count <= FEWEST_OF_EACH]"),
        ("!= file.name:", "== '':"),
    ),
    *mutations_of(
        "jobs/corpus/private_data/numbers.py",
        "unit/corpus/private_data/test_private_data",
        ("return check.upper() == _RESIDENT_CHECKS", "return check == _RESIDENT_CHECKS"),
        ('_is_date("19" + number[6:12])', '_is_date("18" + number[6:12])'),
        ("_CREDIT_SIGNS[-total % 31]", "_CREDIT_SIGNS[total % 31]"),
        ("and _luhn(number) == 0", ""),
        ('in "3456789"', 'in "356789"'),
    ),
    *mutations_of(
        "jobs/corpus/private_data/network.py",
        "unit/corpus/private_data/test_private_data",
        ("max(parsed.packed) > _LARGEST_OF_OUTLINES", "True"),
        ("address in _OF_EVERYONE or ", ""),
        ("not parsed.is_global or ", ""),
    ),
    *mutations_of(
        "jobs/corpus/private_data/findings.py",
        "unit/corpus/private_data/test_private_data unit/corpus/private_data/test_replacement",
        ("first = window.start - int(offsets[row])", "first = window.start - int(offsets[0])"),
        ("    if found > len(windows):\n", "    if False:\n"),
    ),
    *mutations_of(
        "jobs/corpus/private_data/replacement.py",
        "unit/corpus/private_data/test_replacement unit/corpus/private_data/test_quotations",
        (
            "_UNRELEASED = (PrivatePolicy.REPLACE, PrivatePolicy.DROP)",
            "_UNRELEASED = (PrivatePolicy.REPLACE,)",
        ),
        ("        position = start\n", "        position = 0\n"),
        ("if row not in evidence}", "}"),
    ),
    *mutations_of(
        "jobs/corpus/sources/gate.py",
        "unit/corpus/sources/test_gate",
        ("    if flagged <= most * documents:\n", "    if flagged < most * documents:\n"),
        ("< _LEAST_PROBABILITY", "< 2 * _LEAST_PROBABILITY"),
        ("if rule.reason in reasons)", ")"),
    ),
    *mutations_of(
        "jobs/corpus/release/loss_alarms.py",
        "unit/corpus/release/test_loss_alarms",
        (
            'pc.greater_equal(sites["delivered"], SITE_ROWS)',
            'pc.greater(sites["delivered"], SITE_ROWS)',
        ),
        ("delivered[site] += rows", "delivered[site] = rows"),
        ('    if not delivered["kept"]:\n', "    if False:\n"),
        ("        if not filled:\n", "        if filled:\n"),
    ),
    *mutations_of(
        "jobs/flow/papers/eu_summary.py",
        "unit/flow/papers/test_papers",
        ("of = 20 if is_sme else 10", "of = 10 if is_sme else 20"),
        ("count = -(-len(domains) // of)", "count = len(domains) // of"),
        ("return most if fewest == most else None", "return most"),
        ("_CRAWLED = (SourceKind.CRAWLED, None)", "_CRAWLED = (SourceKind.CRAWLED,)"),
    ),
    *mutations_of(
        "jobs/flow/papers/ledger.py",
        "unit/flow/papers/test_papers",
        ("at.astimezone(UTC)\n", "at.replace(tzinfo=UTC)\n"),
        ("manifest=current_manifest(release)", "manifest=release.manifest"),
        ("(registered_domain(host) or host for", "(host for"),
    ),
    *mutations_of(
        "jobs/flow/papers/california.py",
        "unit/flow/papers/test_papers",
        ("all(name.lower() in _PUBLIC_DOMAIN", "any(name.lower() in _PUBLIC_DOMAIN"),
        ("(None if NOT_GIVEN in kinds else False)", "False"),
    ),
]
