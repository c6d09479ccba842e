"""Writes docs/api/gateway.yaml and tracker.yaml: OpenAPI 3.1, from the types that decode the API.

`python docs/api/generate.py` writes the two files; with `--check` it only says whether they are
up to date (exit code 1 when not).
"""

import inspect
import sys
from pathlib import Path
from typing import Any

import msgspec
import yaml

from goliath_tui import native
from goliath_tui.domain import facts

HERE = Path(__file__).parent

EXAMPLES: dict[type, Any] = {
    facts.Service: facts.Service(name="progress", team="Learning", depends_on=("users",)),
    facts.Field: facts.Field(id="User.lastSeen", service="progress"),
    facts.StateChange: facts.StateChange(
        field="User.lastSeen",
        at=1_792_000_000_000,
        state=facts.MigrationState.CANARY,
        percentage=5,
    ),
    facts.Traffic: facts.Traffic(
        at=1_792_000_000_000,
        width_ms=10_000,
        service="progress",
        field="User.lastSeen",
        legacy=facts.SideTraffic(requests=95, errors=1, latency=(0, 0, 0, 2, 30, 60, 3)),
        new=facts.SideTraffic(requests=5, latency=(0, 0, 4, 1)),
        intended=0.05,
    ),
    facts.ComparisonCounts: facts.ComparisonCounts(
        at=1_792_000_000_000, width_ms=10_000, service="progress", matched=91, mismatched=3
    ),
    facts.Comparison: facts.Comparison(
        id="7f3a9c",
        at=1_792_000_004_321,
        field="User.lastSeen",
        operation="getProfile",
        trace_id="4bf92f3577b34da6",
        differences=(facts.Difference(path="$.lastSeen", kind=facts.DifferenceClass.DATE),),
        answers=facts.Answers(
            legacy=msgspec.Raw(b'{"lastSeen":"2026-03-01T12:00:00.000Z"}'),
            new=msgspec.Raw(b'{"lastSeen":"2026-03-01T12:00:00Z"}'),
        ),
    ),
    facts.Sprint: facts.Sprint(
        id="43", name="Sprint 43", starts=1_791_900_000_000, ends=1_793_109_600_000
    ),
    facts.Milestone: facts.Milestone(
        id="mve",
        name="Minimum viable experience",
        due=1_793_109_600_000,
        baseline_at=1_741_000_000_000,
    ),
    facts.WorkItem: facts.WorkItem(
        id="GOL-1234", title="Port User.lastSeen", url="https://tracker.example/GOL-1234"
    ),
    facts.ItemEvent: facts.ItemEvent(
        id="GOL-1234/3",
        item="GOL-1234",
        at=1_792_000_000_000,
        kind=facts.EventKind.ENTERED,
        sprint="43",
    ),
    facts.Person: facts.Person(id="e07", name="Engineer 07", team="Learning", skills=("go",)),
    facts.TimeOff: facts.TimeOff(
        id="t1", person="e07", starts=1_792_000_000_000, ends=1_792_086_400_000
    ),
    facts.Loan: facts.Loan(id="l1", person="e07", team="Content", starts=1_792_000_000_000),
    facts.Approval: facts.Approval(
        id="a1",
        at=1_792_000_000_000,
        title="School closure banner",
        service="content",
        points=3,
    ),
}


def document(title: str, about: str, endpoints: dict[str, type[msgspec.Struct]]) -> dict[str, Any]:
    """The OpenAPI document of one API."""
    pages = [native.Page[kind] for kind in endpoints.values()]  # type: ignore[valid-type]  # a type made at run time
    schemas, components = msgspec.json.schema_components(
        [native.About, native.Problem, *pages], ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, Any] = {
        "/v1/about": {
            "get": {
                "operationId": "about",
                "summary": "Who answers",
                "responses": {"200": _body("Who answers", schemas[0]), **_problems("404", "405")},
            }
        }
    }
    for (name, kind), schema in zip(endpoints.items(), schemas[2:], strict=True):
        example = native.Page(rows=(EXAMPLES[kind],), cursor="1792000004321.1")
        paths[f"/v1/{name}"] = {
            "get": {
                "operationId": name,
                "summary": (kind.__doc__ or "").strip().splitlines()[0],
                "parameters": _PARAMETERS,
                "responses": {
                    "200": {
                        **_body("The rows after the cursor, oldest first", schema, example),
                        "headers": {"ETag": {"schema": {"type": "string"}}},
                    },
                    "304": {"description": "Nothing has changed since that ETag"},
                    **_problems("400", "404", "405"),
                },
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": about.rpartition("/")[2],
            "license": {"name": "MIT", "identifier": "MIT"},
            "description": (native.__doc__ or "").strip(),
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


_PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "cursor",
        "in": "query",
        "description": "The cursor of the last page; without it, from the beginning",
        "schema": {"type": "string", "maxLength": 512},
    },
    {
        "name": "limit",
        "in": "query",
        "schema": {
            "type": "integer",
            "minimum": 1,
            "maximum": native.MAX_LIMIT,
            "default": native.DEFAULT_LIMIT,
        },
    },
    {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag of the last answer to this very request",
        "schema": {"type": "string"},
    },
]


def _body(description: str, schema: Any, example: Any = None) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": schema}
    if example is not None:
        content["example"] = msgspec.json.decode(msgspec.json.encode(example))
    return {"description": description, "content": {"application/json": content}}


def _problems(*statuses: str) -> dict[str, Any]:
    words = {
        "400": "A cursor or a limit that makes no sense",
        "404": "No such endpoint",
        "405": "GET and HEAD only",
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    return {status: _body(words[status], schema) for status in statuses}


class _Dumper(yaml.SafeDumper):
    """Writes every part where it stands, for readers who do not follow anchors."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _tidy(node: Any) -> Any:
    """The document with the indentation of docstrings taken out of its descriptions, and with
    `null` as the last of several types, which come in another order from other versions of msgspec.
    """
    if isinstance(node, dict):
        return {
            key: inspect.cleandoc(value)
            if key == "description" and isinstance(value, str)
            else _tidy(value)
            for key, value in node.items()
        }
    if isinstance(node, list | tuple):
        return sorted(map(_tidy, node), key=lambda value: value == {"type": "null"})
    return node


def documents() -> dict[Path, str]:
    """What the two files should hold."""
    made = {
        "gateway.yaml": document(
            "goliath-tui: gateway API", native.GATEWAY_API, native.GATEWAY_ENDPOINTS
        ),
        "tracker.yaml": document(
            "goliath-tui: tracker API", native.TRACKER_API, native.TRACKER_ENDPOINTS
        ),
    }
    return {
        HERE / name: yaml.dump(
            _tidy(content), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
        )
        for name, content in made.items()
    }


def main() -> int:
    """The command."""
    stale = [
        path
        for path, text in documents().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.name} is out of date: make docs", file=sys.stderr)
        return 1 if stale else 0
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
        print(path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
