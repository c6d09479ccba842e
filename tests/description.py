"""What a published description (OpenAPI 3) has to say of a request and of an answer."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs

#: What any server may answer, described or not.
_TROUBLE = {401, 403, 404, 429, 500, 502}


class NotAsDescribedError(AssertionError):
    """A request or an answer that the description does not have."""


class Description:
    """A description, by which requests and answers are judged.

    `demands`: whether an answer has to have all that it is described to have; `formats`: whether
    texts must be written as described.
    """

    def __init__(
        self, document: dict[str, Any], *, demands: bool = True, formats: bool = True
    ) -> None:
        self._demands = demands
        self._formats = formats
        components = document.get("components", {})
        self._components = {"schemas": self._plain(components.get("schemas", {}))}
        self._parameters = components.get("parameters", {})
        # What is written out goes before what is filled in.
        self._paths = [
            (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), path, methods)
            for path, methods in sorted(document["paths"].items(), key=lambda at: at[0].count("{"))
        ]
        self._validators: dict[str, Any] = {}

    def check_request(
        self,
        path: str,
        query: str,
        undescribed: Mapping[str, set[str]] | None = None,
        *,
        method: str = "GET",
        body: bytes = b"",
    ) -> None:
        """Raises NotAsDescribedError for what may not be asked.

        `undescribed`: template → parameters that the API has although the description lacks them.
        """
        template, operation = self._operation(method, path)
        known = self._query_parameters(operation)
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
        if len(dict(pairs)) < len(pairs):
            raise NotAsDescribedError(f"{path}?{query} says something twice")
        for name, text in pairs:
            if name in (undescribed or {}).get(template, set()):
                continue
            if name not in known:
                raise NotAsDescribedError(f"{template} has no parameter {name}")
            if known[name].get("type") != "object":  # which is what Jira calls a list with commas
                self._check(f"{template}?{name}", known[name], _read(text, known[name]))
            if name == "per_page" and not 1 <= int(text) <= 100:
                raise NotAsDescribedError(f"{template}: {text} rows are not to be had")
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            self._check(f"{method} {template} body", schema, json.loads(body))
        elif body:
            raise NotAsDescribedError(f"{method} {template} takes no body")

    def check_answer(self, path: str, status: int, body: object, *, method: str = "GET") -> None:
        """Raises NotAsDescribedError for what may not be answered, by a schema or an example."""
        template, operation = self._operation(method, path)
        told = operation["responses"].get(str(status))
        if told is None and status not in _TROUBLE:
            raise NotAsDescribedError(f"{template} never answers {status}")
        if status != 200:
            return
        [content] = [one for kind, one in told["content"].items() if "json" in kind]
        if "schema" in content:
            self._check(f"{method} {template} answer", content["schema"], body)
        else:
            example = content["example"]
            _like(json.loads(example) if isinstance(example, str) else example, body, path)

    def _operation(self, method: str, path: str) -> tuple[str, dict[str, Any]]:
        """What is said of a method of a path, and the path's template."""
        for pattern, template, methods in self._paths:
            if pattern.fullmatch(path) and method.lower() in methods:
                return template, methods[method.lower()]
        raise NotAsDescribedError(f"the description has no {method} {path}")

    def _query_parameters(self, operation: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for each in operation.get("parameters", ()):
            named = each.get("$ref", "").rpartition("/")[2]
            parameter = self._parameters[named] if named else each
            if parameter["in"] == "query":
                found[parameter["name"]] = parameter["schema"]
        return found

    def _check(self, where: str, schema: dict[str, Any], value: object) -> None:
        if where not in self._validators:
            whole = {**self._plain(schema), "components": self._components}
            self._validators[where] = jsonschema_rs.Draft202012Validator(
                whole, validate_formats=self._formats
            )
        error = next(self._validators[where].iter_errors(value), None)
        if error is not None:
            raise NotAsDescribedError(f"{where}: {error}"[:2000])

    def _plain(self, node: Any) -> Any:
        """A schema of OpenAPI 3.0 as plain JSON schema: `nullable` becomes an alternative."""
        if isinstance(node, list):
            return [self._plain(value) for value in node]
        if not isinstance(node, dict):
            return node
        kept = {
            key: self._plain(value)
            for key, value in node.items()
            if key not in {"nullable", "example"} or isinstance(value, dict)
        }
        if not self._demands and isinstance(kept.get("required"), list):
            del kept["required"]
        return {"anyOf": [kept, {"type": "null"}]} if node.get("nullable") is True else kept


def _read(text: str, schema: dict[str, Any]) -> object:
    """A parameter's text as what its schema says it is; itself where it is none such."""
    match schema.get("type"):
        case "integer" if re.fullmatch(r"-?[0-9]+", text):
            return int(text)
        case "boolean" if text in {"true", "false"}:
            return text == "true"
        case "array":
            return [_read(part, schema.get("items", {})) for part in text.split(",")]
    return text


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
