"""Times on a course's clocks, across the nights on which the clocks are changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def exists(local: datetime, zone: ZoneInfo) -> bool:
    """Whether the zone's clocks ever show this time: in spring they leave out an hour."""
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local


def last_at(local: datetime, zone: ZoneInfo) -> datetime:
    """The moment of a local time that somebody has until; in autumn, when there are two of them, the later one."""
    return max(_both(local, zone))


def moment_of(text: str, zone: ZoneInfo) -> datetime | None:
    """The moment of an ISO 8601 time, which has an offset or else is local, and the earlier one of two. None where the
    text is none, or of another millennium: it may be a student's."""
    try:
        found = datetime.fromisoformat(text)
        if not 2000 <= found.year < 3000:
            return None
        return found.astimezone(UTC) if found.tzinfo else min(_both(found, zone))
    except ValueError:
        return None


def _both(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """The moments that a local time can mean, which are the same but on nights on which the clocks are changed."""
    return [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]


def days_late(moment: datetime, due: datetime, zone: ZoneInfo) -> int:
    """How many days after a local time a moment is: a day that has begun counts whole. A day ends when the clocks show
    the same time again, so that of a night on which they are changed has 23 or 25 hours."""
    if moment <= last_at(due, zone):
        return 0
    days = max(1, (moment - last_at(due, zone)) // DAY - 1)  # the loop makes up for the changed clocks
    while last_at(due + days * DAY, zone) < moment:
        days += 1
    return days
