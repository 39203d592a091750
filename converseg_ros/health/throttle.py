"""A finding is logged once, then again after a while with a count."""

from collections.abc import Iterable

from converseg_ros.health.finding import Finding


class Throttle:
    """Decides which findings are logged; one entry for each code and topic."""

    def __init__(self, *, again_after_s: float = 30.0) -> None:
        self._again_after_s = again_after_s
        self._last: dict[tuple[str, str], tuple[float, int]] = {}

    def line(self, finding: Finding, now_s: float) -> str | None:
        """The line to log now (steady clock, seconds), or None while the finding is held back."""
        key = (finding.code, finding.topic)
        if key not in self._last:
            self._last[key] = (now_s, 0)
            return finding.text()
        logged_s, num_held = self._last[key]
        if now_s - logged_s < self._again_after_s:
            self._last[key] = (logged_s, num_held + 1)
            return None
        self._last[key] = (now_s, 0)
        return f"{finding.text()} ({num_held + 1} times in {now_s - logged_s:.0f} s)"

    def over(self, present: Iterable[Finding]) -> list[str]:
        """Lines for findings that have been logged and are not among `present` any more; forgets them."""
        keys = {(finding.code, finding.topic) for finding in present}
        gone = [key for key in self._last if key not in keys]
        for key in gone:
            del self._last[key]
        return [f"{topic}: no longer: {code}" for code, topic in gone]
