"""What HAProxy is configured to send to new: the weights of its servers."""

import pytest

from goliath_tui.domain import SourceErrorKind
from tests.sources.gateways_asked import Gateway, asking


def counters(*servers: tuple[str, str, int, str]) -> bytes:
    """The page of counters; (backend, server, weight, state)."""
    lines = []
    for proxy, server, weight, state in servers:
        who = f'proxy="{proxy}",server="{server}"'
        lines.append(f"haproxy_server_weight{{{who}}} {weight}")
        lines += [
            f'haproxy_server_status{{{who},state="{known}"}} {int(known == state)}'
            for known in ("DOWN", "UP", "MAINT", "DRAIN", "NOLB")
        ]
    return "".join(f"{line}\n" for line in lines).encode()


def table(*rows: str) -> bytes:
    head = "# pxname,svname,status,weight,bck,uweight,"
    return "".join(f"{line}\n" for line in (head, *rows)).encode()


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (
            counters(("courses", "legacy1", 70, "UP"), ("courses", "new1", 30, "UP")),
            {"courses": 0.3},
        ),
        (
            counters(
                ("courses", "legacy1", 35, "UP"),
                ("courses", "legacy2", 35, "UP"),
                ("courses", "new1", 30, "DOWN"),
            ),
            {"courses": 0.3},
        ),
        (
            counters(("courses", "legacy1", 70, "UP"), ("courses", "new1", 30, "MAINT")),
            {"courses": 0.0},
        ),
        (
            counters(("courses", "legacy1", 0, "DRAIN"), ("courses", "new1", 0, "DRAIN")),
            {"courses": None},
        ),
        (counters(("a", "new1", 1, "UP"), ("b", "old1", 1, "UP")), {"a": 1.0, "b": 0.0}),
        (
            table(
                "web,FRONTEND,OPEN,,,,",
                "courses,legacy1,UP,70,0,70,",
                "courses,new1,UP 1/3,3,0,30,",
                "courses,new2,UP,50,1,50,",
                "courses,BACKEND,UP,73,0,,",
            ),
            {"courses": 0.3},
        ),
        (
            table("courses,legacy1,UP,70,0,70,", "courses,new1,MAINT (via a/b),30,0,30,"),
            {"courses": 0.0},
        ),
        (
            table("courses,legacy1,UP,70,0,70,", "courses,new1,DRAIN,0,0,30,"),
            {"courses": 0.0},
        ),
        (
            b"# pxname,svname,status,weight\ncourses,old,no check,1\ncourses,new,no check,1\n",
            {"courses": 0.5},
        ),
    ],
)
async def test_the_weights_of_haproxy(page: bytes, told: dict[str, float | None]) -> None:
    gateway = Gateway(**{"/metrics": page, "/stats;csv": page})
    for endpoint in ("/metrics", "/stats;csv"):
        async with asking("haproxy", gateway, endpoint=endpoint) as asker:
            assert await asker.poll() == told


async def test_sides_in_backends_of_their_own_are_not_guessed_at() -> None:
    page = counters(("courses-legacy", "s1", 1, "UP"), ("courses-new", "s1", 1, "UP"))
    own = {"labels": {"proxy": "{service}-{side}"}, "sides": {"legacy": ["legacy"], "new": ["new"]}}
    async with asking("haproxy", Gateway(**{"/metrics": page}), **own) as asker:
        assert await asker.poll() == {"courses": None}
        assert "not known of courses: its sides are in different backends" in asker.notes


@pytest.mark.parametrize(
    ("page", "kind", "why"),
    [
        (b"<html>\n", SourceErrorKind.CONFIG, "names no server and its weight"),
        (b"other 1\n", SourceErrorKind.CONFIG, "check `url:` and `endpoint:`"),
        (counters(("a", "s1", 1, "UP")), SourceErrorKind.CONFIG, "server=s1 does not fit"),
        (b"haproxy_server_weight 1", SourceErrorKind.MALFORMED, "in the middle of a line"),
        (b"# pxname,svname,weight\n\xff\n", SourceErrorKind.MALFORMED, "not UTF-8"),
        (
            b"# pxname,svname,weight\n" + b"x" * 200_000 + b",b,1\n",
            SourceErrorKind.MALFORMED,
            "is no CSV",
        ),
    ],
)
async def test_what_is_no_haproxy_says_what_to_change(
    page: bytes, kind: SourceErrorKind, why: str
) -> None:
    async with asking("haproxy", Gateway(**{"/metrics": page})) as asker:
        assert why in await asker.refused(kind)
