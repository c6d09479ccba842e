"""Published descriptions of APIs (OpenAPI 3): whether a request and an answer are as described.

The descriptions lie in `shared/specs` beside the checkout; they are not ours to copy.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

SPECS = (
    Path(__file__).parents[2].parent / "shared" / "specs",
    Path(__file__).parents[3].parent / "shared" / "specs",
)


class NotAsDescribedError(AssertionError):
    """A request or an answer that the description does not have."""


class Description:
    """One published description."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.paths = [
            (re.compile(re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(path))), path)
            for path in sorted(document["paths"], key=lambda path: path.count("{"))
        ]
        self._validators: dict[str, Any] = {}

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """What is said of a method of a path."""
        for pattern, template in self.paths:
            if pattern.fullmatch(path):
                operations: dict[str, Any] = self.document["paths"][template]
                if method.lower() in operations:
                    found: dict[str, Any] = operations[method.lower()]
                    return found
        raise NotAsDescribedError(f"{method} {path} is not described")

    def check_request(
        self, method: str, path: str, query: dict[str, str], body: bytes
    ) -> dict[str, Any]:
        """Raises unless the request is as described; returns what is said of it."""
        operation = self.operation(method, path)
        described = {
            one["name"]: one["schema"] for one in operation.get("parameters", ())
            if one["in"] == "query"
        }  # fmt: skip
        for name, value in query.items():
            if name not in described:
                raise NotAsDescribedError(f"{method} {path} has no parameter {name}")
            self._check_parameter(f"{path}?{name}", described[name], value)
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            self._check(f"{method} {path} body", schema, json.loads(body))
        elif body:
            raise NotAsDescribedError(f"{method} {path} takes no body")
        return operation

    def check_answer(self, method: str, path: str, answer: object) -> None:
        """Raises unless the answer to a request is as described, by its schema or its example."""
        operation = self.operation(method, path)
        content = operation["responses"]["200"]["content"]["application/json"]
        if "schema" in content:
            self._check(f"{method} {path} answer", content["schema"], answer)
        else:
            example = content["example"]
            _like(json.loads(example) if isinstance(example, str) else example, answer, path)

    def _check_parameter(self, where: str, schema: dict[str, Any], value: str) -> None:
        kind = schema.get("type")
        if kind == "integer" and not re.fullmatch(r"-?\d+", value):
            raise NotAsDescribedError(f"{where}: {value} is no integer")
        if kind == "boolean" and value not in {"true", "false"}:
            raise NotAsDescribedError(f"{where}: {value} is no boolean")
        if "enum" in schema and value not in schema["enum"]:
            raise NotAsDescribedError(f"{where}: {value} is none of {schema['enum']}")

    def _check(self, where: str, schema: dict[str, Any], value: object) -> None:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {**schema, "components": self.document.get("components", {})}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole)
        try:
            self._validators[key].validate(value)
        except jsonschema_rs.ValidationError as error:
            raise NotAsDescribedError(
                f"{where}: {error.message} at {error.instance_path}"
            ) from None


def _like(example: object, value: object, where: str) -> None:
    """Raises unless `value` has no other names and types than the example."""
    if isinstance(example, dict):
        if not isinstance(value, dict):
            raise NotAsDescribedError(f"{where} is no object")
        for name, one in value.items():
            if name not in example:
                raise NotAsDescribedError(f"{where}: no {name} in the example")
            _like(example[name], one, f"{where}.{name}")
    elif isinstance(example, list):
        if not isinstance(value, list):
            raise NotAsDescribedError(f"{where} is no list")
        every: dict[str, object] = {}
        for one in example:
            if isinstance(one, dict):
                every |= one
        for one in value:
            _like(every or example[0], one, f"{where}[]")
    elif type(example) is not type(value):
        raise NotAsDescribedError(f"{where}: {value!r} is no {type(example).__name__}")


@cache
def described(name: str) -> Description:
    """The description of that file name; skips the test where there is none."""
    for folder in SPECS:
        if (folder / name).is_file():
            return Description(json.loads((folder / name).read_text(encoding="utf-8")))
    pytest.skip(f"no {name} in shared/specs beside the checkout: requests cannot be compared")
