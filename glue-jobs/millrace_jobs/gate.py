"""The gate before gold: what must hold of the rows of a model before readers see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

Model = Mapping[str, Any]
#: Rows that a message quotes.
QUOTED = 2


def breaches(rows: DataFrame, model: Model) -> list[str]:
    """A sentence for each rule that rows break, with a row or two that break it; none where all is well."""
    broken: dict[str, str] = {
        f'{name} is never null': f'`{name}` IS NULL' for name in dict.fromkeys(model['grain'])
    }
    for rule in model['quality']:
        broken[f'{rule["name"]} ({rule["holds"]})'] = f'NOT coalesce({rule["holds"]}, false)'
    counts = rows.agg(*(F.count_if(F.expr(condition)) for condition in broken.values())).first()
    found = [
        _sentence(count, name, rows.where(condition))
        for (name, condition), count in zip(broken.items(), counts, strict=True)
        if count
    ]
    twice = rows.groupBy(*model['grain']).count().where('count > 1')
    repeated = twice.count()
    if repeated:
        found.append(_sentence(repeated, f'({", ".join(model["grain"])}) is never twice', twice))
    return found


def _sentence(count: int, name: str, rows: DataFrame) -> str:
    quoted = '; '.join(str(row.asDict()) for row in rows.limit(QUOTED).collect())
    broken = '1 row breaks' if count == 1 else f'{count} rows break'
    return f'{name}: {broken} it, such as {quoted}'
