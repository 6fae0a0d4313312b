"""Days and moments of the command line, in UTC."""

from datetime import UTC, date, datetime, time

from jc.cli.output import problem


def day_of(text: str | None, option: str = "--as-of") -> date:
    """A day of the command line, today (UTC) when none was given."""
    if text is None:
        return datetime.now(UTC).date()
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        raise problem(f"`{option} {text}`: not a day", hint="days are written 2026-06-30") from None


def moment_of(text: str | None) -> datetime:
    """Now, or the beginning of a day (UTC)."""
    return datetime.now(UTC) if text is None else datetime.combine(day_of(text), time(), UTC)
