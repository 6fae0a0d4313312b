"""What `jc simulate` says of the quality of one table alone: it may be measured otherwise than the pool it was chosen from."""

from dataclasses import dataclass, replace

from jc.simulate.book import Book
from jc.simulate.estimate import Estimate, offers_of
from jc.simulate.quality import Qualities, answering, fill


@dataclass(frozen=True, slots=True)
class Alone:
    """A quality between 0 and 1 (None where less than half of the answers were measured), and by what."""

    quality: float | None
    measures: str


def told_alone(book: Book, estimate: Estimate, logged: Estimate) -> Alone:
    """The quality of a table when nothing but the log is beside it; the estimate stays as it is."""
    copy = replace(estimate)
    qualities = Qualities(book.catalog, offers_of([copy]), answering(book, [copy]), offers_of([logged, copy]))
    fill(book, [copy], qualities)
    return Alone(copy.quality, qualities.measures())
