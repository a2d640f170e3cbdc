"""mkdocs hooks: the pages that are generated from the code when the site is built. Nothing generated is committed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

SCHEMAS = {
    "manifest": ("mobileseg.export.manifest:Manifest", "beside every artifact, `<artifact>.json`"),
    "comparison": ("mobileseg.export.evaluation.compared:Comparison", "`compare --json`"),
    "sensitivity": ("mobileseg.export.analysis.sensitivity:Sensitivity", "`sensitivity --json`"),
    "latency": ("mobileseg.latency.results.result:Result", "`latency --json`"),
    "advice": ("mobileseg.latency.advice.advice:Advice", "`advise --json`"),
    "diff": ("mobileseg.latency.results.diff:Diff", "`latency --diff OLD NEW --json`"),
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put the generated pages and the schemas themselves in place of the files that hold their places."""
    from mobileseg.registry import load

    schemas = {name: load(path).model_json_schema(by_alias=True) for name, (path, _) in SCHEMAS.items()}
    made = {"reference/cli.md": command_line(), "reference/json.md": schema_page(schemas)}
    made |= {f"reference/{name}.schema.json": json.dumps(schema, indent=1) for name, schema in schemas.items()}
    for place, content in made.items():
        old = files.get_file_from_path(place)
        if old is not None:
            files.remove(old)
        files.append(File.generated(config, place, content=content))
    return files


def command_line() -> str:
    """The help of every verb."""
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    from mobileseg.cli.app import app

    command = get_command(app)
    context = command.make_context("mobileseg", [], resilient_parsing=True)
    return get_docs_for_click(obj=command, ctx=context, name="mobileseg", title="Command line")


def schema_page(schemas: dict[str, Any]) -> str:
    """A table of fields for each document and its parts."""
    lines = [
        "# JSON schemas",
        "",
        "Each document carries `schema_version`; another version is refused with a message. Times are in ms and sizes in bytes where the "
        'name says so; shares are in 0..1. `null` is "not measured" or "does not apply", never zero.',
    ]
    for name, schema in schemas.items():
        lines += ["", f"## {name}", "", f"{SCHEMAS[name][1]} ([JSON Schema]({name}.schema.json))", ""]
        lines += _table(schema)
        for part, inner in sorted(schema.get("$defs", {}).items()):
            if "properties" in inner:
                lines += ["", f"### {name}: {part} {{ #{name}-{part.lower()} }}", "", *_table(inner, name)]
    return "\n".join(lines) + "\n"


def _table(schema: dict[str, Any], name: str = "") -> Iterator[str]:
    if "description" in schema:
        yield schema["description"].replace("``", "`")
        yield ""
    yield "| field | type | |"
    yield "|---|---|---|"
    required = set(schema.get("required", ()))
    for field, inner in schema.get("properties", {}).items():
        yield f"| `{field}` | {_type(inner)} | {'' if field in required else 'optional'} |"


def _type(schema: dict[str, Any]) -> str:
    """In words, for a cell of a table."""
    match schema:
        case {"$ref": str(place)}:
            words = place.rpartition("/")[2]
        case {"anyOf": list(choices)}:
            words = " or ".join(map(_type, choices))
        case {"const": value}:
            words = f"`{json.dumps(value)}`"
        case {"enum": list(values)}:
            words = ", ".join(f"`{json.dumps(value)}`" for value in values)
        case {"type": "array"}:
            words = f"array of {_type(schema.get('items') or next(iter(schema.get('prefixItems', ())), {}))}"
        case {"type": "object", "additionalProperties": dict(inner)}:
            words = f"object of {_type(inner)}"
        case _:
            words = str(schema.get("type", "any"))
    return words
