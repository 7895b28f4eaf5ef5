"""From judged rows to rows of silver: derived columns and quality findings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from millrace_jobs.manifest import Manifest


def silver_rows(rows: DataFrame, manifest: Manifest) -> DataFrame:
    """Exactly silver's columns, in its order."""
    made = {one['column']: derived_column(one['derivation']) for one in manifest.raw['derived']}
    made['quality_findings'] = quality_findings(manifest)
    return rows.select(*(made.get(name, F.col(name)).alias(name) for name in manifest.columns('silver')))


def derived_column(derivation: Mapping[str, Any]) -> Column:
    """The value of a derived column; null where its source is null."""
    source = F.col(derivation['column'])
    if derivation['kind'] == 'equals':
        return source == F.lit(derivation['value'])
    if derivation['kind'] == 'bands':
        first, *others = derivation['bands']
        banded = F.when(source < F.lit(float(first['below'])), F.lit(first['label']))
        for band in others:
            banded = banded.when(source < F.lit(float(band['below'])), F.lit(band['label']))
        return F.when(source.isNotNull(), banded.otherwise(F.lit(derivation['otherwise'])))
    raise ValueError(f'unknown derivation {derivation["kind"]!r}')


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
