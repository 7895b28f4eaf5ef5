"""The tables of a query found in the catalog and put into its text.

Each table name is first replaced by a mark, and in the generated text each mark by a relation: a listing of
thousands of files need not go through the parser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from catalog import Catalog, Table
from column_types import literal
from dialect import generate, name_projections, parse_statement, position_of
from failure import QueryFailure
from object_store import ObjectStore
from relation import files_relation, iceberg_relation, parquet_relation, snapshot_at, system_relation
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

CATALOG: Final = 'awsdatacatalog'
MARK: Final = '__millrace_relation_{}__'
DEEPEST_VIEW: Final = 16


TemplateWriter = Callable[[Table], str]
"""Writes the empty file of a table's columns (relation.template_of) and gives its path."""


@dataclass
class Resolution:
    """The work on one query: relations in the order of their marks, and the bytes of listed files."""

    catalog: Catalog
    store: ObjectStore
    template: TemplateWriter
    relations: list[str] = field(default_factory=list)
    bytes_listed: int = 0
    _tables: dict[tuple[str, str], Table | None] = field(default_factory=dict)
    _parquet: dict[tuple[str, str], str] = field(default_factory=dict)

    def duckdb_text(self, statement: exp.Expr, database: str) -> str:
        """The statement as DuckDB runs it. Raises QueryFailure. Changes its first argument."""
        name_projections(statement)
        text = generate(self._expand(statement, database, 0))
        for number, relation in enumerate(self.relations):
            text = text.replace(MARK.format(number), f'({relation})')
        return text

    def _expand(self, statement: exp.Expr, database: str, depth: int) -> exp.Expr:
        if depth > DEEPEST_VIEW:
            raise QueryFailure('INVALID_VIEW', 'Views are nested too deeply or contain themselves')
        found = {
            id(source): source
            for scope in traverse_scope(statement)
            for source in scope.sources.values()
            if isinstance(source, exp.Table)
        }
        for node in found.values():
            node.replace(self._source(node, database, depth))
        for column in statement.find_all(exp.Column):
            # The relation is known by the table's name alone.
            column.set('db', None)
            column.set('catalog', None)
        return statement

    def _source(self, node: exp.Table, database: str, depth: int) -> exp.Expr:
        if not isinstance(node.this, exp.Identifier):
            raise QueryFailure('FUNCTION_NOT_FOUND', f'{position_of(node)}: Table function not registered')
        named = node.db.lower() or database.lower()
        name, _, system = node.name.lower().partition('$')
        place = position_of(node)
        if node.catalog and node.catalog.lower() != CATALOG:
            raise QueryFailure('CATALOG_NOT_FOUND', f"{place}: Catalog '{node.catalog}' does not exist")
        if not named:
            raise QueryFailure(
                'MISSING_SCHEMA_NAME', f'{place}: Schema must be specified when session schema is not set'
            )
        if named == 'information_schema':
            return self._marked(node, self._information(name, place))
        table = self._table(named, name)
        if table is None:
            self._raise_missing(named, node.name.lower(), place)
        if table.kind == 'view':
            inner = parse_statement(table.view['originalSql'])
            expanded = self._expand(inner, table.view.get('schema') or named, depth + 1)
            return _in_place_of(node, exp.Subquery(this=expanded))
        return self._marked(node, self._relation(table, system, node))

    def _relation(self, table: Table, system: str, node: exp.Table) -> str:
        if table.kind == 'other':
            raise QueryFailure('NOT_SUPPORTED', f"Table '{table.name}' is neither Iceberg nor Parquet")
        if table.kind == 'parquet':
            key = (table.database, table.name)
            if key not in self._parquet:
                files, size = self.store.data_files(table)
                self.bytes_listed += size
                template = self.template(table) if files else ''
                self._parquet[key] = parquet_relation(table, files, template)
            return self._parquet[key]
        if system == 'files':
            return files_relation(table)
        metadata = self.store.metadata(table.metadata_location)
        if system:
            relation = system_relation(system, metadata)
            if relation is None:
                self._raise_missing(table.database, f'{table.name}${system}', position_of(node))
            return relation
        version = node.args.get('version')
        if version is None:
            return iceberg_relation(table, metadata)
        return iceberg_relation(table, metadata, _snapshot(version, metadata))

    def _marked(self, node: exp.Table, relation: str) -> exp.Expr:
        self.relations.append(relation)
        return _in_place_of(node, exp.to_table(MARK.format(len(self.relations) - 1)))

    def _table(self, database: str, name: str) -> Table | None:
        if (database, name) not in self._tables:
            self._tables[(database, name)] = self.catalog.table(database, name)
        return self._tables[(database, name)]

    def _raise_missing(self, database: str, name: str, place: str) -> None:
        if not self.catalog.has_database(database):
            raise QueryFailure('SCHEMA_NOT_FOUND', f"{place}: Schema '{database}' does not exist")
        raise QueryFailure('TABLE_NOT_FOUND', f"{place}: Table '{CATALOG}.{database}.{name}' does not exist")

    def _information(self, name: str, place: str) -> str:
        """information_schema: schemata, tables and columns as Glue has them."""
        rows: list[list[str]] = []
        names = {
            'schemata': ['catalog_name', 'schema_name'],
            'tables': ['table_catalog', 'table_schema', 'table_name', 'table_type'],
            'columns': ['table_catalog', 'table_schema', 'table_name', 'column_name', 'data_type'],
        }.get(name)
        if names is None:
            raise QueryFailure(
                'TABLE_NOT_FOUND', f"{place}: Table '{CATALOG}.information_schema.{name}' does not exist"
            )
        for database in self.catalog.databases():
            if name == 'schemata':
                rows.append([CATALOG, database])
                continue
            for table in self.catalog.tables(database):
                if name == 'tables':
                    kind = 'VIEW' if table.kind == 'view' else 'BASE TABLE'
                    rows.append([CATALOG, database, table.name, kind])
                else:
                    columns = (*table.columns, *table.partition_keys)
                    rows += [[CATALOG, database, table.name, c.name, c.type] for c in columns]
        if not rows:
            return 'SELECT ' + ', '.join(f'CAST(NULL AS VARCHAR) AS {n}' for n in names) + ' WHERE false'
        values = ', '.join(f'({", ".join(literal(value) for value in row)})' for row in rows)
        return f'SELECT * FROM (VALUES {values}) AS i({", ".join(names)})'


def _in_place_of(node: exp.Table, source: exp.Expr) -> exp.Expr:
    alias = node.args.get('alias') or exp.TableAlias(this=exp.to_identifier(node.name, quoted=True))
    source.set('alias', alias.copy())
    for name in ('joins', 'laterals', 'pivots', 'sample'):
        if node.args.get(name):
            source.set(name, node.args[name])
    return source


def _snapshot(version: exp.Expr, metadata: dict[str, object]) -> int:
    asked = version.expression
    if version.name.upper() == 'VERSION':
        if isinstance(asked, exp.Literal) and not asked.is_string:
            return int(asked.name)
        reference = metadata.get('refs', {}).get(asked.name)
        if reference is None:
            raise QueryFailure('INVALID_ARGUMENTS', f'Cannot find snapshot with reference name: {asked.name}')
        return int(reference['snapshot-id'])
    text = next((one.name for one in asked.find_all(exp.Literal)), '')
    try:
        moment = datetime.fromisoformat(text.replace(' UTC', '+00:00'))
    except ValueError as error:
        raise QueryFailure('INVALID_ARGUMENTS', f'Not a timestamp: {asked.sql()}') from error
    return snapshot_at(metadata, moment if moment.tzinfo else moment.replace(tzinfo=UTC))
