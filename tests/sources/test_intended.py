"""What gateways are configured to send to new: routes, services and weights → a share, or a word on
why there is none."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import Batch, IntendedShare, SourceError, SourceErrorKind
from goliath_tui.sources import KINDS, Setup
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.intended import Backend, Way, meant
from goliath_tui.sources.sides import Patterns, SideWords
from tests.sources.hostile_server import Request, answer, serving

NOW = 1_700_000_000_000
Route = dict[str, Any]


class Gateway:
    """A gateway that tells of itself: path → what it answers, bytes or JSON. Others are 404."""

    def __init__(self, **pages: object) -> None:
        self.pages: dict[str, object] = pages
        self.asked: list[str] = []

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.asked.append(request.path)
        page = self.pages.get(request.path)
        if callable(page):
            page(request, writer)
        elif page is None:
            writer.write(answer(b"", status="404 Not Found"))
        else:
            writer.write(answer(page))


class Asker:
    """A source of what is intended, as a poller would ask it."""

    def __init__(self, kind: str, url: str, settings: Mapping[str, object]) -> None:
        known = KINDS[kind]
        options = msgspec.convert(settings, known.options)
        assert not list(options.problems())
        self.source = known.make(Setup(parts=known.gives, options=options))
        self.now = NOW
        self.client = Client(Connection(base_url=url), clock=lambda: self.now)
        self.cursor: str | None = None
        self.notes = ""

    async def poll(self) -> dict[str, float | None]:
        """What a poll tells."""
        self.now += 10_000
        batch: Batch = await self.source.poll(self.client, self.cursor)
        self.cursor, self.notes = batch.cursor, "; ".join(batch.notes)
        assert self.notes.isprintable()
        told = {}
        for row in batch.rows:
            assert isinstance(row, IntendedShare)
            assert row.at == self.now
            told[row.service] = row.share
        return told

    async def refused(self, kind: SourceErrorKind = SourceErrorKind.CONFIG) -> str:
        """What a poll is refused for."""
        with pytest.raises(SourceError) as caught:
            await self.poll()
        assert caught.value.kind is kind
        assert str(caught.value).isprintable()
        return str(caught.value)


@asynccontextmanager
async def asking(kind: str, gateway: Gateway, **settings: object) -> AsyncIterator[Asker]:
    async with serving(gateway) as server:
        asker = Asker(kind, server.url, settings)
        try:
            yield asker
        finally:
            await asker.client.close()


# --- Envoy ---


def weighted(prefix: str = "", **weights: int) -> Route:
    """A route for /courses; clusters are named courses_legacy → courses-legacy."""
    clusters = [{"name": name.replace("_", "-"), "weight": n} for name, n in weights.items()]
    action: Route = {"clusters": clusters}
    if prefix:
        action["runtime_key_prefix"] = prefix
    return {"match": {"prefix": "/courses"}, "route": {"weighted_clusters": action}}


def single(cluster: str, path: str = "/courses", **match: object) -> Route:
    return {"match": {"prefix": path, **match}, "route": {"cluster": cluster}}


def fraction(numerator: int, key: str = "", denominator: str = "") -> Route:
    value: Route = {"numerator": numerator}
    if denominator:
        value["denominator"] = denominator
    return {"default_value": value, **({"runtime_key": key} if key else {})}


def told_for_people(**fields: int | str) -> str:
    """A struct in the runtime: how much white space is in it differs from Envoy to Envoy."""
    told = "goo.gle/debugstr    \n"
    for key, value in fields.items():
        kind = f'string_value: "{value}"' if isinstance(value, str) else f"number_value: {value}"
        told += f'fields {{\n  key: "{key}"\n  value {{\n    {kind}\n  }}\n}}\n'
    return told


def envoy(*routes: Route, runtime: Mapping[str, str] | None = None, static: bool = True) -> Gateway:
    config = {"route_config": {"name": "r", "virtual_hosts": [{"name": "v", "routes": routes}]}}
    routes_of = "static_route_configs" if static else "dynamic_route_configs"
    dump = {
        "configs": [
            {"@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump", "bootstrap": {}},
            {"@type": "type.googleapis.com/envoy.admin.v3.RoutesConfigDump", routes_of: [config]},
        ]
    }
    entries = {
        key: {"final_value": value, "layer_values": ["", value]}
        for key, value in (runtime or {}).items()
    }
    return Gateway(**{"/config_dump": dump, "/runtime": {"layers": ["a", "b"], "entries": entries}})


NEW_KEY = "weights.courses-new"


@pytest.mark.parametrize(
    ("gateway", "share"),
    [
        (envoy(weighted(courses_legacy=70, courses_new=30)), 0.3),
        (envoy(weighted(courses_legacy=70, courses_new=30), static=False), 0.3),
        (envoy(weighted(courses_legacy=1, courses_new=3)), 0.75),
        (envoy(weighted(courses_legacy=0, courses_new=0)), None),
        # Who only gets copies has no part in it, however heavy.
        (envoy(weighted(courses_legacy=70, courses_new=30, courses_shadow=900)), 0.3),
        (envoy(weighted("weights", courses_legacy=70, courses_new=30)), 0.3),
        (
            envoy(weighted("weights", courses_legacy=70, courses_new=30), runtime={NEW_KEY: "210"}),
            0.75,
        ),
        # Without the prefix the runtime has no say. Envoy cuts numbers to whole ones; what is none
        # counts as unsaid.
        (envoy(weighted(courses_legacy=70, courses_new=30), runtime={NEW_KEY: "210"}), 0.3),
        (
            envoy(
                weighted("weights", courses_legacy=70, courses_new=30), runtime={NEW_KEY: "30.9"}
            ),
            0.3,
        ),
        (
            envoy(weighted("weights", courses_legacy=70, courses_new=30), runtime={NEW_KEY: "0.4"}),
            0.0,
        ),
        (
            envoy(weighted("weights", courses_legacy=70, courses_new=30), runtime={NEW_KEY: "-3"}),
            0.3,
        ),
        (envoy(single("courses-new")), 1.0),
        (envoy(single("courses-legacy")), 0.0),
        (
            envoy(single("courses-new", runtime_fraction=fraction(10)), single("courses-legacy")),
            0.1,
        ),
        (
            envoy(
                single("courses-new", runtime_fraction=fraction(125, "", "TEN_THOUSAND")),
                single("courses-legacy"),
            ),
            0.0125,
        ),
        (
            envoy(
                single("courses-new", runtime_fraction=fraction(10, "canary")),
                single("courses-legacy"),
                runtime={"canary": "25"},
            ),
            0.25,
        ),
        (
            envoy(
                single("courses-new", runtime_fraction=fraction(10, "canary")),
                single("courses-legacy"),
                runtime={"canary": '{"numerator": 5, "denominator": "MILLION"}'},
            ),
            5e-6,
        ),
        # As Envoy 1.40 tells it.
        (
            envoy(
                single("courses-new", runtime_fraction=fraction(10, "canary")),
                single("courses-legacy"),
                runtime={"canary": told_for_people(numerator=2500, denominator="TEN_THOUSAND")},
            ),
            0.25,
        ),
        (
            envoy(
                single("courses-new", runtime_fraction=fraction(10, "canary")),
                single("courses-legacy"),
                runtime={"canary": told_for_people(numerator=50)},
            ),
            0.5,
        ),
        (
            envoy(
                single("courses-new", runtime_fraction=fraction(10, "canary")),
                single("courses-legacy"),
                runtime={"canary": told_for_people(numerator=500_000, denominator=2)},
            ),
            0.1,
        ),
        (
            envoy(
                single("courses-new", runtime_fraction=fraction(10, "canary")),
                single("courses-legacy"),
                runtime={"canary": told_for_people(numerator="50")},
            ),
            0.0,
        ),
        (
            envoy(
                single("courses-new", runtime_fraction=fraction(10, "canary")),
                single("courses-legacy"),
                runtime={"canary": "12.9"},
            ),
            0.12,
        ),
        (
            envoy(
                single("courses-new", runtime_fraction=fraction(10, "canary")),
                single("courses-legacy"),
                runtime={"canary": "900"},
            ),
            1.0,
        ),
        (
            envoy(
                single("courses-new", runtime_fraction=fraction(10**400)), single("courses-legacy")
            ),
            1.0,
        ),
        (envoy(weighted(courses_legacy=10**400, courses_new=10**400)), 0.5),
        # A fraction of what an earlier fraction left.
        (
            envoy(
                single("courses-new", runtime_fraction=fraction(50)),
                single("courses-new", runtime_fraction=fraction(50)),
                single("courses-legacy"),
            ),
            0.75,
        ),
        # Two routes that mean the same.
        (
            envoy(
                weighted(courses_legacy=70, courses_new=30),
                single("courses-new", "/c", runtime_fraction=fraction(30)),
                single("courses-legacy", "/c"),
            ),
            0.3,
        ),
        # Whoever asks for it by a header is nobody's share; a method or a host is.
        (
            envoy(
                single("courses-new", headers=[{"name": "x-try-new"}]),
                single("courses-legacy"),
            ),
            0.0,
        ),
        (envoy(single("courses-new", headers=[{"name": ":method"}])), 1.0),
        (envoy(single("courses-new", query_parameters=[{"name": "new"}])), 1.0),
    ],
)
async def test_the_routes_of_envoy_with_its_runtime_on_top(
    gateway: Gateway, share: float | None
) -> None:
    async with asking("envoy", gateway) as asker:
        assert await asker.poll() == {"courses": pytest.approx(share) if share else share}
        assert gateway.asked == ["/config_dump", "/runtime"]


async def test_routes_that_mean_different_shares_are_named_with_their_range() -> None:
    gateway = envoy(weighted(courses_legacy=70, courses_new=30), single("courses-new", "/c"))
    async with asking("envoy", gateway) as asker:
        assert await asker.poll() == {"courses": None}
        assert "courses (30 to 100 %)" in asker.notes


async def test_what_goes_on_to_other_routes_is_not_guessed() -> None:
    gateway = envoy(
        single("courses-new", runtime_fraction=fraction(10)), single("monolith-legacy", "/")
    )
    async with asking("envoy", gateway) as asker:
        assert await asker.poll() == {"courses": None, "monolith": 0.0}
        assert "not known of courses: a part of its requests goes on" in asker.notes


async def test_routes_for_those_who_ask_and_clusters_of_nobody_are_noted() -> None:
    gateway = envoy(
        single("courses-new", headers=[{"name": "x-try-new"}]),
        single("courses-legacy"),
        single("\u202exds"),
    )
    async with asking("envoy", gateway) as asker:
        await asker.poll()
        assert "want a header or a parameter are left out, of courses" in asker.notes
        assert "does not fit {service}-{side}" in asker.notes


async def test_all_is_told_at_each_look() -> None:
    gateway = envoy(weighted(courses_legacy=70, courses_new=30), single("quiz-new", "/quiz"))
    async with asking("envoy", gateway) as asker:
        assert await asker.poll() == {"courses": 0.3, "quiz": 1.0}
        assert await asker.poll() == {"courses": 0.3, "quiz": 1.0}
        gateway.pages |= envoy(weighted(courses_legacy=60, courses_new=40)).pages
        assert await asker.poll() == {"courses": 0.4}


@pytest.mark.parametrize(
    ("pages", "kind", "why"),
    [
        ({}, SourceErrorKind.CONFIG, "`url:` is to be where Envoy's admin interface listens"),
        (
            {"/config_dump": {"configs": []}},
            SourceErrorKind.CONFIG,
            "`url:` is to be where Envoy's admin interface listens",
        ),
        (
            {"/config_dump": {"configs": []}, "/runtime": {"entries": {}}},
            SourceErrorKind.CONFIG,
            "no backend is sent anything: check `url:`",
        ),
        (
            {"/config_dump": b"<html>", "/runtime": {"entries": {}}},
            SourceErrorKind.MALFORMED,
            "cannot be read",
        ),
        (
            {"/config_dump": b'{"configs":' + b"[" * 100_000, "/runtime": {"entries": {}}},
            SourceErrorKind.MALFORMED,
            "the answer",
        ),
        (
            {"/config_dump": {"configs": []}, "/runtime": {"entries": {"a": {"final_value": 1}}}},
            SourceErrorKind.MALFORMED,
            "$.entries",
        ),
        (
            {
                **envoy(weighted(courses_legacy=1)).pages,
                "/config_dump": {"configs": [{"static_route_configs": [{"route_config": 1}]}]},
            },
            SourceErrorKind.MALFORMED,
            "route_config",
        ),
    ],
)
async def test_what_is_no_envoy_says_what_to_change(
    pages: dict[str, object], kind: SourceErrorKind, why: str
) -> None:
    async with asking("envoy", Gateway(**pages)) as asker:
        assert why in await asker.refused(kind)


async def test_names_that_are_nobodys_or_two_sides_at_once_say_what_to_change() -> None:
    async with asking("envoy", envoy(single("monolith"))) as asker:
        assert "monolith does not fit {service}-{side}" in await asker.refused()
    gateway = envoy(weighted(courses_legacy=1, courses_new=1))
    both = {"legacy": ["*"], "new": ["*"]}
    async with asking("envoy", gateway, sides=both) as asker:
        assert "is legacy and new by the words of `sides:`" in await asker.refused()
    own = {"labels": {"envoy_cluster_name": "shop_{service}_{side}"}, "sides": {"new": ["go"]}}
    gateway = envoy(single("shop_courses_go"))
    async with asking("envoy", gateway, **own) as asker:
        assert await asker.poll() == {"courses": 1.0}


# --- Traefik ---


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


# --- HAProxy ---


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


# --- all of them ---


@pytest.mark.parametrize(
    ("kind", "settings", "place", "advice"),
    [
        ("envoy", {"labels": {"cluster": "{service}-{side}"}}, ("labels", "cluster"), "expected"),
        ("traefik", {"labels": {"service": "{service}"}}, ("labels",), "{side} once"),
        ("haproxy", {"labels": {"backend": "{side}"}}, ("labels", "backend"), "proxy or server"),
        ("haproxy", {"endpoint": "stats"}, ("endpoint",), "begins with /"),
        ("envoy", {"service": "courses"}, ("service",), "expected `labels:` too"),
    ],
)
def test_settings_that_cannot_be_meant(
    kind: str, settings: dict[str, object], place: tuple[str, ...], advice: str
) -> None:
    found = list(msgspec.convert(settings, KINDS[kind].options).problems())
    assert any(where == place and advice in what for where, what in found), found


PATTERNS = Patterns({"c": "{service}-{side}"}, SideWords())
PARTS = st.dictionaries(
    st.sampled_from(["a-new", "a-legacy", "a-shadow", "b-new", "b-legacy"]),
    st.floats(0, 1),
    min_size=1,
)


@given(st.lists(st.tuples(PARTS, st.booleans()), min_size=1, max_size=4))
def test_a_share_is_told_only_where_every_way_means_it(
    ways: list[tuple[dict[str, float], bool]],
) -> None:
    made = [
        Way({Backend((("c", name),)): part for name, part in parts.items()}, asked_for=asked)
        for parts, asked in ways
    ]
    expected: dict[str, list[tuple[float | None, bool]]] = {}
    for parts, asked in ways:
        for name in "ab":
            new, legacy = parts.get(f"{name}-new"), parts.get(f"{name}-legacy")
            if new is not None or legacy is not None:
                total = (new or 0.0) + (legacy or 0.0)
                share = (new or 0.0) / total if total else None
                expected.setdefault(name, []).append((share, asked))
    if not expected:
        with pytest.raises(SourceError):
            meant(made, PATTERNS, "here")
        return
    found = meant(made, PATTERNS, "here").shares
    assert set(found) == set(expected)
    for name, all_of in expected.items():
        usual = [share for share, asked in all_of if not asked]
        counting = usual or [share for share, _ in all_of]
        known = [share for share in counting if share is not None]
        if len(known) == len(counting) and max(known) - min(known) < 1e-12:
            assert found[name] == pytest.approx(known[0])
        elif len(known) < len(counting) or max(known) - min(known) > 1e-6:
            assert found[name] is None
