"""`tables.py DATABASE NEW`: a database of empty twins of another's Iceberg tables. Properties of the catalog
stand on stdin, as JSON.
"""

from __future__ import annotations

import json
import sys

from pyiceberg.catalog import load_catalog


def main(database: str, new: str) -> None:
    catalog = load_catalog('glue', **json.load(sys.stdin))
    catalog.create_namespace(new)
    for _, name in catalog.list_tables(database):
        table = catalog.load_table((database, name))
        catalog.create_table(
            (new, name),
            table.schema(),
            f'{table.location()}-{new}',
            table.spec(),
            table.sort_order(),
            table.properties,
        )


if __name__ == '__main__':
    main(*sys.argv[1:])
