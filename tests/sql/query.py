"""Runs a statement of the lake on DuckDB, on the objects that the transformation wrote.

Reads one JSON object from standard input: statement (Athena's dialect, with `?` for parameters), parameters (SQL
expressions, as Athena's ExecutionParameters are), columns and partitionKeys ([[name, type]]), folder (the lake's root).
Prints the rows as JSON, each a list of texts and nulls.
"""

import json
import pathlib
import sys

import duckdb
import sqlglot
from sqlglot import exp


def main() -> None:
    task = json.load(sys.stdin)
    connection = duckdb.connect()
    names = [name for name, _ in task["columns"] + task["partitionKeys"]]
    kinds = {"string": "VARCHAR", "int": "INTEGER", "bigint": "BIGINT", "boolean": "BOOLEAN"}
    columns = ", ".join(f'"{name}" {kinds[kind]}' for name, kind in task["columns"] + task["partitionKeys"])
    connection.execute(f"CREATE TABLE changes ({columns})")
    marks = ", ".join("?" for _ in names)
    for path in sorted(pathlib.Path(task["folder"]).glob("changes/bucket=*/day=*/*")):
        partition = dict(part.split("=", 1) for part in path.parts if "=" in part)
        for line in path.read_bytes().decode().splitlines():
            row = json.loads(line) | partition
            connection.execute(f"INSERT INTO changes VALUES ({marks})", [row.get(name) for name in names])

    statement = sqlglot.parse_one(task["statement"], dialect="athena")
    parameters = iter(task["parameters"])
    for placeholder in list(statement.find_all(exp.Placeholder, bfs=False)):
        placeholder.replace(sqlglot.parse_one(next(parameters), dialect="athena"))
    rows = connection.execute(statement.sql(dialect="duckdb")).fetchall()
    print(json.dumps([[None if value is None else text(value) for value in row] for row in rows]))


def text(value: object) -> str:
    """A value as Athena's results tell it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


main()
