"""From judged rows to rows of silver: derived columns and quality findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from millrace_jobs.manifest import Manifest

MINUTE_MS = 60_000.0
#: Of a date, or of the UTC date of a timestamp; a week begins with Monday, 1.
PARTS: Mapping[str, Callable[[Column], Column]] = {
    'year': F.year,
    'quarter': F.quarter,
    'month': F.month,
    'day': F.dayofmonth,
    'weekday': lambda column: F.weekday(column) + F.lit(1),
}


def silver_rows(rows: DataFrame, manifest: Manifest) -> DataFrame:
    """Exactly silver's columns, in its order."""
    made = derived_columns(manifest)
    made['quality_findings'] = quality_findings(manifest)
    return rows.select(*(made.get(name, F.col(name)).alias(name) for name in manifest.columns('silver')))


def derived_columns(manifest: Manifest) -> dict[str, Column]:
    """What each derived column is, over the contract's columns alone: one may be made of those before it."""
    made: dict[str, Column] = {}

    def source(name: str) -> Column:
        return made.get(name, F.col(name))

    for one in manifest.raw['derived']:
        made[one['column']] = _derived(one['derivation'], source)
    return made


def _derived(derivation: Mapping[str, Any], source: Callable[[str], Column]) -> Column:
    """Null where what it is made of is null."""
    kind = derivation['kind']
    if kind == 'minutes':
        begin, end = (F.unix_millis(source(derivation[name])) for name in ('from', 'to'))
        return (end - begin) / F.lit(MINUTE_MS)
    column = source(derivation['column'])
    if kind == 'equals':
        return column == F.lit(derivation['value'])
    if kind == 'above':
        return column > F.lit(float(derivation['than']))
    if kind == 'part':
        return PARTS[derivation['part']](column)
    if kind == 'bands':
        first, *others = derivation['bands']
        banded = F.when(_within(column, first), F.lit(first['label']))
        for band in others:
            banded = banded.when(_within(column, band), F.lit(band['label']))
        return F.when(column.isNotNull(), banded.otherwise(F.lit(derivation['otherwise'])))
    raise ValueError(f'unknown derivation {kind!r}')


def _within(number: Column, band: Mapping[str, Any]) -> Column:
    """Whether the number is under the band's end, or is the end that belongs to it."""
    if 'upTo' in band:
        return number <= F.lit(float(band['upTo']))
    return number < F.lit(float(band['below']))


def quality_findings(manifest: Manifest) -> Column:
    """Names of the quality rules a row breaks, comma-joined; null for none."""
    findings = [F.when(_out_of_range(rule), F.lit(rule['name'])) for rule in manifest.raw['quality']]
    if not findings:
        return F.lit(None).cast('string')
    return F.nullif(F.concat_ws(',', *findings), F.lit(''))


def _out_of_range(rule: Mapping[str, Any]) -> Column:
    value, kind = F.col(rule['column']), F.col(rule['by'])
    breaches = [
        (kind == F.lit(name)) & ((value < F.lit(float(low))) | (value > F.lit(float(high))))
        for name, (low, high) in rule['ranges'].items()
    ]
    return reduce(lambda left, right: left | right, breaches, F.lit(False))
