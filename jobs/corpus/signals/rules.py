"""Rules: filter documents by thresholds on signals. They read no text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.config_errors import unknown_choice
from jobs.corpus.keywords.hits import (
    DENSITY,
    RISK_WORDS,
    RISKS,
    category_of,
    is_risk_signal,
    risk_values,
    words_of,
)
from jobs.corpus.model.reasons import Stage
from jobs.corpus.model.signal_columns import SIGNALS
from jobs.corpus.model.sites import is_below

OPERATORS: dict[str, Callable[[npt.NDArray[Any], np.generic], npt.NDArray[np.bool_]]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}

RULE_VERDICTS = pa.schema(
    [
        pa.field("stage", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("evidence", pa.string()),
    ]
)


@dataclass(frozen=True)
class Rule:
    """A document is rejected for `reason` when `signal operator value` holds.

    Attributes:
        reason: Of the decision; unique in a profile.
        signal: A column of SIGNALS; `risk_hits`, the hits of all risk keywords; or, of one
            category, `risk_hits.NAME` and `risk_hits_per_1000_chars.NAME`.
        operator: One of OPERATORS.
        value: The threshold.
        spared_partners: Their documents are exempt from this rule.
        spared_sites: Likewise documents of these hosts and their subdomains.
    """

    reason: str
    signal: str
    operator: str
    value: float
    spared_partners: tuple[str, ...]
    spared_sites: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the rule as text, such as `content_chars < 200`."""
        return f"{self.signal} {self.operator} {self.value:g}"


@dataclass(frozen=True)
class RuleParams:
    """A profile of rules; the first that holds for a document gives the reason.

    Attributes:
        profile: The name of the file in `conf/rules/`.
        source: Where the thresholds come from.
        rules: In order.
    """

    profile: str
    source: str
    rules: tuple[Rule, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that the rules need."""
        signals = dict.fromkeys(name for rule in self.rules for name in _columns(rule.signal))
        return (*signals, "site") if any(rule.spared_sites for rule in self.rules) else (*signals,)

    @property
    def risk_categories(self) -> frozenset[str]:
        """Return the categories of risk keywords that rules name."""
        signals = (rule.signal for rule in self.rules if is_risk_signal(rule.signal))
        return frozenset(filter(None, map(category_of, signals)))

    def __post_init__(self) -> None:
        """Refuse signals and operators that do not exist."""
        for rule in self.rules:
            if not is_risk_signal(rule.signal):
                known = [*SIGNALS.names, "risk_hits", "risk_hits.CATEGORY"]
                self._check(rule, "signal", rule.signal, known)
            self._check(rule, "operator", rule.operator, list(OPERATORS))

    def _check(self, rule: Rule, key: str, value: str, known: list[str]) -> None:
        if value not in known:
            name = f"rules/{self.profile}.yaml: reject.{rule.reason}.{key}"
            raise unknown_choice(name, value, known)


def rule_verdicts(documents: pa.Table, rules: RuleParams, *, partner: str) -> pa.Table:
    """Return stage, reason and evidence of each row; null where no rule holds.

    Args:
        documents: the columns that the rules need, of one partner's documents. No rule holds for
            null signals, those of rows rejected before.
        rules: in order; the first that holds decides.
        partner: the name of the partner that delivered the documents.

    Returns:
        RULE_VERDICTS, in the same order.

    Law: row-wise.
    """
    choice = np.full(len(documents), len(rules.rules))
    for number, rule in reversed(list(enumerate(rules.rules))):
        if partner not in rule.spared_partners:
            choice[_holds(documents, rule)] = number
    if (choice == len(rules.rules)).all():
        return pa.table(
            [pa.nulls(len(documents), pa.string())] * len(RULE_VERDICTS), schema=RULE_VERDICTS
        )
    reasons: list[str | None] = [rule.reason for rule in rules.rules]
    reason = pa.array([*reasons, None], pa.string()).take(pa.array(choice))
    return pa.table(
        {
            "stage": pc.if_else(
                pc.is_valid(reason), str(Stage.JUDGE), pa.scalar(None, pa.string())
            ),
            "reason": reason,
            "evidence": _evidence(documents, rules, choice),
        },
        schema=RULE_VERDICTS,
    )


def _columns(signal: str) -> tuple[str, ...]:
    return tuple(RISKS.names) if is_risk_signal(signal) else (signal,)


def _values(documents: pa.Table, signal: str) -> npt.NDArray[Any]:
    """Return the values of a signal, whatever where it is null."""
    if is_risk_signal(signal):
        return risk_values(documents, signal)
    return pc.fill_null(documents[signal], 0).to_numpy()


def _holds(documents: pa.Table, rule: Rule) -> npt.NDArray[np.bool_]:
    values = _values(documents, rule.signal)
    # In the signal's own precision: 0.3 is not below a stored 0.3.
    holds = OPERATORS[rule.operator](values, _threshold(rule, values.dtype))
    known = documents[DENSITY if is_risk_signal(rule.signal) else rule.signal]
    holds &= pc.is_valid(known).to_numpy()
    if rule.spared_sites:
        holds &= ~_are_spared(documents["site"], rule.spared_sites)
    return holds


def _threshold(rule: Rule, dtype: np.dtype[Any]) -> np.generic:
    return np.float32(rule.value) if dtype == np.float32 else np.float64(rule.value)


def _are_spared(sites: pa.ChunkedArray, spared: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Return which sites are one of these, or below one of them."""
    found = np.zeros(len(sites), np.bool_)
    for name in spared:
        found |= is_below(sites, name).to_numpy()
    return found


def _evidence(
    documents: pa.Table, rules: RuleParams, choice: npt.NDArray[np.int_]
) -> pa.StringArray:
    evidence: list[str | None] = [None] * len(documents)
    for number, rule in enumerate(rules.rules):
        rows = np.flatnonzero(choice == number)
        values = _values(documents, rule.signal)[rows].tolist()
        for row, value in zip(rows, values, strict=True):
            evidence[row] = f"{rule.signal} {value:.4g} {rule.operator} {rule.value:g}"
            if is_risk_signal(rule.signal) and (words := documents[RISK_WORDS][row].as_py()):
                evidence[row] = f"{evidence[row]}: words {words_of(words, rule.signal)}"
    return pa.array(evidence, pa.string())
