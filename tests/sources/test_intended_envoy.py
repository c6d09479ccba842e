"""What Envoy is configured to send to new: its routes, with its runtime on top."""

from collections.abc import Mapping
from typing import Any

import pytest

from goliath_tui.domain import SourceErrorKind
from tests.sources.gateways_asked import Gateway, asking

Route = dict[str, Any]


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
