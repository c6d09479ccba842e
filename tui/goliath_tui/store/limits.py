"""How much the cache keeps, and for how long."""

from msgspec import Struct

from goliath_tui.store.schema import DAY, HOUR, MINUTE


class Limits(Struct, frozen=True, kw_only=True):
    """The retention of the cache. Ages are ms before the moment at which it is tidied.

    `service_ages` and `field_ages`: (width, age) pairs, finest first: buckets narrower than the
    width are rolled up to it once they are older than the age. There are some hundred times as
    many fields as services, so theirs coarsen sooner: per-second figures of a field matter while
    somebody watches it move.
    """

    service_ages: tuple[tuple[int, int], ...] = (
        (MINUTE, 2 * HOUR),
        (HOUR, 3 * DAY),
        (DAY, 30 * DAY),
    )
    field_ages: tuple[tuple[int, int], ...] = (
        (MINUTE, 15 * MINUTE),
        (HOUR, 3 * HOUR),
        (DAY, 7 * DAY),
    )
    mismatch_ages: tuple[tuple[int, int], ...] = ((HOUR, 3 * DAY), (DAY, 30 * DAY))
    #: Comparisons kept in full per mismatch group.
    examples_per_group: int = 50
    #: Both answers of one comparison; longer ones are counted, but not kept.
    answers_bytes_each: int = 12 * 1024 * 1024
    #: The list of one comparison's differences, likewise.
    differences_bytes_each: int = 512 * 1024
    #: All answers together.
    answers_bytes: int = 256 * 1024 * 1024
    #: Thin rows of mismatches.
    mismatches: int = 10_000_000
    #: The poll log; each source's last success and first failure since then stay.
    polls_age: int = 14 * DAY
    #: Looks at what is configured: traffic that comes later than this takes no intended share.
    looks_age: int = 3 * DAY
    #: Rows that one short transaction of tidying touches, about.
    rows_per_step: int = 20_000
