"""docs/api/: the two documents are up to date, and the rehearsal keeps what they promise."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import yaml

from goliath_tui import native
from tests.e2e.terminal import COMMAND

API = Path(__file__).parents[2] / "docs" / "api"


def test_the_documents_are_what_the_types_say() -> None:
    done = subprocess.run(
        [sys.executable, API / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "endpoints"),
    [("gateway", native.GATEWAY_ENDPOINTS), ("tracker", native.TRACKER_ENDPOINTS)],
)
def test_every_example_decodes_as_the_type_it_documents(
    name: str, endpoints: dict[str, type[msgspec.Struct]]
) -> None:
    document = yaml.safe_load((API / f"{name}.yaml").read_text(encoding="utf-8"))
    for endpoint, kind in endpoints.items():
        answer = document["paths"][f"/v1/{endpoint}"]["get"]["responses"]["200"]
        example = answer["content"]["application/json"]["example"]
        page = msgspec.json.decode(json.dumps(example), type=native.Page[kind])  # type: ignore[valid-type]  # a type of run time
        assert len(page.rows) == 1


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    with subprocess.Popen(
        [*COMMAND, "rehearse", "--child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.communicate(timeout=30)


@pytest.mark.parametrize("name", ["gateway", "tracker"])
def test_the_rehearsal_keeps_what_the_document_promises(
    addresses: dict[str, str], name: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            Path(sys.executable).parent / "schemathesis",
            "run",
            API / f"{name}.yaml",
            "--url",
            addresses[name],
            "--checks",
            "all",
            # A schema cannot say which opaque cursors are valid.
            "--exclude-checks",
            "positive_data_acceptance",
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples",
            "5",
            "--generation-deterministic",
            "--no-color",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-8000:]
