"""What Traefik is configured to send to new: its routers and their services."""

import asyncio
from typing import Any

import pytest

from goliath_tui.domain import SourceErrorKind
from tests.sources.gateways_asked import Gateway, asking
from tests.sources.hostile_server import Request, answer


def service(name: str, **kind: object) -> dict[str, object]:
    return {"name": f"{name}@file", "provider": "file", "status": "enabled", **kind}


def split(*parts: tuple[str, int | None]) -> dict[str, object]:
    return {
        "services": [
            {"name": name, **({} if weight is None else {"weight": weight})}
            for name, weight in parts
        ]
    }


def router(to: str, rule: str = "PathPrefix(`/courses`)", **more: object) -> dict[str, object]:
    return {"name": f"{rule}@file", "provider": "file", "service": to, "rule": rule, **more}


def traefik(routers: list[dict[str, object]], *services: dict[str, object]) -> Gateway:
    return Gateway(**{"/api/http/routers": routers, "/api/http/services": list(services)})


BOTH = split(("courses-legacy", 70), ("courses-new", 30))


@pytest.mark.parametrize(
    ("gateway", "share"),
    [
        (traefik([router("courses")], service("courses", weighted=BOTH)), 0.3),
        (traefik([router("courses@file")], service("courses", weighted=BOTH)), 0.3),
        (
            traefik(
                [router("courses")],
                service("courses", weighted=split(("courses-legacy", None), ("courses-new", 3))),
            ),
            0.75,
        ),
        (traefik([router("courses-new")], service("courses-new", loadBalancer={})), 1.0),
        (
            traefik(
                [router("all")],
                service(
                    "all", mirroring={"service": "courses", "mirrors": [{"name": "courses-shadow"}]}
                ),
                service("courses", weighted=split(("safe", 1), ("courses-legacy", 1))),
                service("safe", failover={"service": "courses-new", "fallback": "courses-legacy"}),
            ),
            0.5,
        ),
        (
            traefik(
                [router("outer")],
                service("outer", weighted=split(("inner", 1), ("courses-legacy", 1))),
                service("inner", weighted=split(("courses-legacy", 1), ("courses-new", 1))),
            ),
            0.25,
        ),
        (
            traefik(
                [router("courses"), router("courses-new", "Header(`X-New`, `1`)")],
                service("courses", weighted=BOTH),
            ),
            0.3,
        ),
        (
            traefik(
                [router("courses"), router("courses-new", "Path(`/x`)", status="disabled")],
                service("courses", weighted=BOTH),
            ),
            0.3,
        ),
        (
            traefik(
                [router("courses")],
                service("courses", weighted=split(("courses-legacy", 0), ("courses-new", 0))),
            ),
            None,
        ),
    ],
)
async def test_the_services_of_traefik(gateway: Gateway, share: float | None) -> None:
    async with asking("traefik", gateway) as asker:
        assert await asker.poll() == {"courses": share}


@pytest.mark.parametrize(
    "services",
    [
        [service("courses", highestRandomWeight=BOTH)],
        [service("courses", weighted={**BOTH, "sticky": {"cookie": {"name": "side"}}})],
        [
            service("courses", mirroring={"service": "inner"}),
            service("inner", highestRandomWeight=BOTH),
        ],
    ],
)
async def test_parts_of_the_clients_are_no_parts_of_the_requests(
    services: list[dict[str, object]],
) -> None:
    gateway = traefik([router("courses"), router("quiz-new", "Path(`/q`)")], *services)
    async with asking("traefik", gateway) as asker:
        assert await asker.poll() == {"courses": None, "quiz": 1.0}
        assert "not known of courses: each client is kept at one side" in asker.notes
    whole = split(("courses-legacy", 0), ("courses-new", 30))
    gateway = traefik([router("courses")], service("courses", highestRandomWeight=whole))
    async with asking("traefik", gateway) as asker:
        assert await asker.poll() == {"courses": 1.0}


async def test_weights_beyond_all_measure_are_still_weights() -> None:
    both = split(("courses-legacy", 10**400), ("courses-new", 10**400))
    gateway = traefik([router("courses")], service("courses", weighted=both))
    async with asking("traefik", gateway) as asker:
        assert await asker.poll() == {"courses": 0.5}


async def test_services_that_lead_in_a_circle_are_nobodys() -> None:
    gateway = traefik(
        [router("a"), router("courses-new")],
        service("a", weighted=split(("b", 1))),
        service("b", mirroring={"service": "a"}),
    )
    async with asking("traefik", gateway) as asker:
        assert await asker.poll() == {"courses": 1.0}


async def test_what_traefik_serves_by_itself_is_not_mentioned() -> None:
    own: dict[str, object] = {
        "name": "api@internal",
        "provider": "internal",
        "service": "api@internal",
        "rule": "x",
    }
    gateway = traefik([router("courses-new"), own])
    async with asking("traefik", gateway) as asker:
        assert await asker.poll() == {"courses": 1.0}
        assert asker.notes == ""


def paged(pages: list[tuple[object, str]]) -> Any:
    """Answers page after page, each with what it says of the next."""

    def page(request: Request, writer: asyncio.StreamWriter) -> None:
        body, following = pages[int(request.query["page"]) - 1]
        writer.write(answer(body, headers={"X-Next-Page": following}))

    return page


async def test_traefiks_lists_are_read_page_by_page() -> None:
    gateway = traefik([])
    gateway.pages["/api/http/routers"] = paged(
        [([router("courses-new")], "2"), ([router("quiz-legacy")], "1")]
    )
    async with asking("traefik", gateway) as asker:
        assert await asker.poll() == {"courses": 1.0, "quiz": 0.0}


@pytest.mark.parametrize("following", ["x", "-1", "0", "2", "٣"])
async def test_pages_that_lead_nowhere_end(following: str) -> None:
    gateway = traefik([])
    gateway.pages["/api/http/routers"] = paged([([], "2"), ([], following)])
    async with asking("traefik", gateway) as asker:
        assert "already asked" in await asker.refused(SourceErrorKind.MALFORMED)


async def test_pages_without_an_end_end() -> None:
    gateway = traefik([])
    gateway.pages["/api/http/routers"] = paged([([], str(n + 2)) for n in range(100)])
    async with asking("traefik", gateway) as asker:
        assert "goes on after 20 pages" in await asker.refused(SourceErrorKind.MALFORMED)


async def test_what_is_no_traefik_says_what_to_change() -> None:
    async with asking("traefik", Gateway()) as asker:
        assert "`url:` is to be where Traefik's API is" in await asker.refused()
    async with asking("traefik", traefik([])) as asker:
        assert "no backend is sent anything" in await asker.refused()
    gateway = traefik([router("courses")], service("courses", weighted={"services": 1}))
    async with asking("traefik", gateway) as asker:
        assert "services" in await asker.refused(SourceErrorKind.MALFORMED)
