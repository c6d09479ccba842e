"""What judges requests and answers by a published description notices what is not in it."""

import pytest

from tests.description import Description, NotAsDescribedError

DOCUMENT = {
    "paths": {
        "/things/{id}": {
            "get": {
                "parameters": [
                    {"in": "query", "name": "most", "schema": {"type": "integer"}},
                    {"$ref": "#/components/parameters/states"},
                ],
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                        }
                    }
                },
            },
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": {"200": {"content": {"application/json": {"example": '{"a": [1]}'}}}},
            },
        }
    },
    "components": {
        "parameters": {
            "states": {
                "in": "query",
                "name": "states",
                "schema": {"type": "array", "items": {"enum": ["open", "done"]}},
            }
        },
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["at"],
                "properties": {"at": {"type": "string", "format": "date-time", "nullable": True}},
            }
        },
    },
}


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("most=5&states=open,done", None),
        ("most=five", "most"),
        ("states=open,shut", "states"),
        ("least=5", "no parameter least"),
        ("most=5&most=6", "twice"),
    ],
)
def test_requests(query: str, wrong: str | None) -> None:
    known = Description(DOCUMENT)
    if wrong is None:
        known.check_request("/things/1", query)
        return
    with pytest.raises(NotAsDescribedError, match=wrong):
        known.check_request("/things/1", query)
    with pytest.raises(NotAsDescribedError, match="no GET /other"):
        known.check_request("/other", "")
    with pytest.raises(NotAsDescribedError, match="takes no body"):
        known.check_request("/things/1", "", body=b"{}")
    with pytest.raises(NotAsDescribedError, match="body"):
        known.check_request("/things/1", "", method="POST", body=b"[]")


def test_answers() -> None:
    strict = Description(DOCUMENT)
    lenient = Description(DOCUMENT, demands=False, formats=False)
    strict.check_answer("/things/1", 200, {"at": "2026-03-01T12:00:00Z"})
    strict.check_answer("/things/1", 200, {"at": None})
    strict.check_answer("/things/1", 404, "whatever")
    strict.check_answer("/things/1", 200, {"a": []}, method="POST")
    for body in ({}, {"at": "2026-03-01T12:00:00.000+0900"}):
        lenient.check_answer("/things/1", 200, body)
        with pytest.raises(NotAsDescribedError, match="at"):
            strict.check_answer("/things/1", 200, body)
    with pytest.raises(NotAsDescribedError, match="at"):
        lenient.check_answer("/things/1", 200, {"at": 5})
    with pytest.raises(NotAsDescribedError, match="never answers 302"):
        strict.check_answer("/things/1", 302, {})
    broken: tuple[object, ...] = ({"b": []}, {"a": ["x"]}, {"a": {}})
    for odd in broken:
        with pytest.raises(NotAsDescribedError):
            strict.check_answer("/things/1", 200, odd, method="POST")
