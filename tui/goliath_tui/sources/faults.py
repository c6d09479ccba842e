"""What can go wrong with an API, each as a `SourceError` of one clean line.

A line says what happened, where, and what to do. It never holds a query, credentials, or more than
a little of what the server said.
"""

import os
import ssl
from http import HTTPStatus
from urllib.parse import urlsplit

import msgspec

from goliath_tui.clean import clean_text
from goliath_tui.domain import SourceError, SourceErrorKind

LONGEST_ADDRESS = 200
LONGEST_DETAIL = 200
#: Where APIs put the words of an error: ours and Prometheus, GitHub, Jira, Jira and Redmine.
_SAYINGS = ("error", "message", "errorMessages", "errors")


def shown(url: str) -> str:
    """An address fit to be shown: without user, password, query and fragment."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "(no address)"
    return clean_text(f"{parts.scheme}://{host}{parts.path}", LONGEST_ADDRESS)


def too_slow(where: str, timeout_ms: int) -> SourceError:
    """No complete answer in time."""
    return SourceError(
        SourceErrorKind.TIMEOUT,
        f"{where} gave no complete answer within {timeout_ms / 1000:g} s: look at the server, "
        "or raise `timeout:`",
    )


def too_large(where: str, most: int) -> SourceError:
    """More than we read."""
    size = f"{most / 2**20:g} MB" if most >= 2**20 else f"{most} bytes"
    return SourceError(
        SourceErrorKind.TOO_LARGE,
        f"{where} answers more than {size}, so it was cut off: smaller pages are needed",
    )


def nowhere(where: str) -> SourceError:
    """A redirect without a place that it leads to."""
    return SourceError(SourceErrorKind.REDIRECT, f"{where} redirects to nowhere: check the address")


def malformed(where: str, how: str) -> SourceError:
    """An answer that the API's contract does not allow. `how` completes `the answer …`."""
    return SourceError(
        SourceErrorKind.MALFORMED, f"{where}: the answer {how}: the API must mend this"
    )


def from_decoder(error: Exception, where: str) -> SourceError:
    """What a JSON decoder or the cleaning refused."""
    if isinstance(error, msgspec.ValidationError):
        what, _, at = str(error).partition(" - at ")
        place = f" at {at.strip('`')}" if at else ""
        return malformed(where, f"is not as agreed{place}: {_detail(what)}")
    if isinstance(error, UnicodeDecodeError):
        return malformed(where, "is not UTF-8 text")
    if isinstance(error, RecursionError):
        return malformed(where, "is nested too deeply")
    return malformed(where, f"cannot be read ({_detail(str(error))})")


def from_status(
    status: int, where: str, problem: str | None, retry_after_ms: int | None
) -> SourceError:
    """An answer whose status is not the one that was hoped for."""
    limited = status == 429 or (status in {403, 503} and retry_after_ms is not None)
    kind = SourceErrorKind.RATE_LIMIT if limited else SourceErrorKind.STATUS
    if limited and retry_after_ms is not None:
        advice = f"asked again in {max(1, round(retry_after_ms / 1000))} s, as it wishes"
    elif limited:
        advice = "polled more slowly for a while; a longer `every:` helps"
    elif status == 404:
        advice = "check the address, and that the API is offered there"
    elif status >= 500:
        advice = "look at the server; it is asked again by itself"
    else:
        advice = "check the address and what the API offers"
    said = f", saying: {problem}" if problem else ""
    return SourceError(
        kind,
        f"{where} answers {_status(status)}{said}: {advice}",
        retry_after_ms=retry_after_ms,
        status=status,
    )


def said(body: bytes) -> str:
    """What the JSON body of an error says, in whichever of the usual ways. Raises DecodeError."""
    told = msgspec.json.decode(body, type=dict[str, object])
    for name in _SAYINGS:
        match told.get(name):
            case str(words) if words:
                return words
            case list(many) if many:
                each = [one.get("message") if isinstance(one, dict) else one for one in many]
                return "; ".join(one for one in each if isinstance(one, str))
            case dict(pairs) if pairs:
                return "; ".join(f"{key}: {word}" for key, word in pairs.items())
    return ""


def from_http(error: Exception, where: str, timeout_ms: int) -> SourceError:
    """What the HTTP library raised. Nothing of the request is in the result."""
    import zlib

    import httpx

    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _unreachable(
                where,
                f"its certificate is not trusted ({_detail(cause.verify_message)})",
                "if your own authority signed it, name that with `ca_file:`",
            )
        if isinstance(cause, ssl.SSLError):
            return _unreachable(
                where, f"no TLS ({_detail(cause.reason or 'failed')})", "check http or https"
            )
    if isinstance(error, httpx.ConnectTimeout):
        return _unreachable(where, "no connection in time", "check the address and the network")
    if isinstance(error, httpx.TimeoutException):
        return too_slow(where, timeout_ms)
    if isinstance(error, httpx.RemoteProtocolError):
        if "without sending complete" in str(error):
            return malformed(where, "ends in the middle")
        if "disconnected" in str(error):
            return _unreachable(where, "it hung up without an answer", "look at the server")
        if "location header" in str(error):
            return nowhere(where)
        return malformed(where, f"is no HTTP ({_detail(str(error))})")
    if isinstance(error, zlib.error):
        return malformed(where, "is damaged in its compression")
    if isinstance(error, (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError)):
        return SourceError(
            SourceErrorKind.CONFIG, f"{where} cannot be asked ({_detail(str(error))}): check `url:`"
        )
    reasons = [_reason(cause) for cause in causes if isinstance(cause, OSError) and cause.errno]
    reason = reasons[-1] if reasons else type(error).__name__
    return _unreachable(where, _detail(reason.lower()), "check the address and the network")


def _unreachable(where: str, why: str, advice: str) -> SourceError:
    return SourceError(SourceErrorKind.UNREACHABLE, f"{where} cannot be reached: {why}: {advice}")


def _causes(error: BaseException | None) -> list[BaseException]:
    """An error and those behind it, the outermost first."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _reason(error: OSError) -> str:
    # Resolvers have numbers of their own, all below zero; elsewhere the system's word is the
    # clearer one.
    system = error.errno is not None and error.errno > 0
    return os.strerror(error.errno or 0) if system else error.strerror or "unknown"


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _detail(text: str) -> str:
    return clean_text(text.replace("`", ""), LONGEST_DETAIL)
