"""The live story of a run on stderr: bars on a terminal, a plain line every ten seconds elsewhere, nothing with `--quiet`."""

import time
from types import TracebackType
from typing import Any, Self

from jc.cli.output import Out
from jc.evals.asking import Asked
from jc.providers.settings import Notice
from jc.report.numbers import usd_amount
from jc.sanitise import clip

LINE_EVERY_S = 10.0


class RunProgress:
    """Watches a run (`Watcher`) and its endpoints (`Observer`)."""

    def __init__(self, out: Out, answers: int, verdicts: int, *, tty: bool) -> None:
        self._out = out
        self._totals = {"Answers": answers, "Verdicts": verdicts}
        self._done = {"Answers": 0, "Verdicts": 0}
        self._usd = {"Answers": 0.0, "Verdicts": 0.0}
        self._failed = 0
        self._known = 0
        self._status = ""
        self._bars: Any = _bars() if tty and not out.quiet else None
        self._tasks: dict[str, Any] = {}
        self._last_line = self._started = time.monotonic()

    def __enter__(self) -> Self:
        if self._bars is not None:
            self._bars.start()
            for name, total in self._totals.items():
                if total:
                    self._tasks[name] = self._bars.add_task(name, total=total, note="")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bars is not None:
            self._bars.stop()

    @property
    def known(self) -> int:
        """How many calls of this plan the journal had already."""
        return self._known

    def answered(self, _who: str, asked: Asked) -> None:
        """An answer came, or failed."""
        self._count("Answers", asked)

    def judged(self, _who: str, asked: Asked) -> None:
        """A judge's call came, or failed."""
        self._count("Verdicts", asked)

    def tied(self) -> None:
        """Two answers are identical: a game less."""
        self._count("Verdicts", None)

    def notice(self, notice: Notice) -> None:
        """Something of an endpoint that a person who waits wants to know."""
        wait = f" for {notice.wait_s:.0f} s" if notice.wait_s is not None and notice.wait_s >= 0.5 else ""
        text = clip(f"{notice.endpoint}: {notice.event}{wait}: {notice.reason}", 110)
        now = time.monotonic()
        short = notice.event in {"waiting", "recovered", "probing"} and (notice.wait_s or 0.0) < LINE_EVERY_S
        if notice.event == "retrying" or (short and now - self._last_line < LINE_EVERY_S):
            self._status = text
            return
        self._last_line = now
        if self._bars is not None:
            self._bars.console.print(text, markup=False, highlight=False)
        else:
            self._out.say(text)

    def _count(self, name: str, asked: Asked | None) -> None:
        self._done[name] += 1
        if asked is not None:
            self._failed += asked.reply.status == "error"
            self._known += asked.known
            self._usd[name] += float(asked.cost_usd or 0)
        if self._bars is not None:
            if self._done[name] % 8 == 0 or self._done[name] >= self._totals[name]:
                self._bars.update(self._tasks[name], completed=self._done[name], note=self._note(name))
            return
        now = time.monotonic()
        if now - self._last_line >= LINE_EVERY_S:
            self._last_line = now
            self._out.say(self._line(now))

    def _note(self, name: str) -> str:
        failed = f"  {self._failed} failed" if self._failed and name == "Answers" else ""
        return f"{usd_amount(self._usd[name]) if self._usd[name] else ''}{failed}"

    def _line(self, now: float) -> str:
        done, total = sum(self._done.values()), sum(self._totals.values())
        fresh = done - self._known
        rate = fresh / max(1e-9, now - self._started)
        left = f", about {(total - done) / rate:.0f} s left" if rate > 0 else ""
        parts = [f"{name.lower()} {self._done[name]:,}/{self._totals[name]:,}" for name in self._totals if self._totals[name]]
        failed = f", {self._failed} failed" if self._failed else ""
        waiting = f" ({self._status})" if self._status else ""
        self._status = ""
        spent = f", {usd_amount(sum(self._usd.values()))}" if any(self._usd.values()) else ""
        return f"{', '.join(parts)}{spent}{failed}, {rate:.1f} calls/s{left}{waiting}"


def _bars() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description:<9}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=Console(stderr=True),
        refresh_per_second=5,
    )
