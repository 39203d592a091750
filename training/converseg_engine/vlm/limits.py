"""How fast and how much: calls a minute, and budgets of money, tokens and time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from converseg_engine.vlm.ask import STAGES
from converseg_engine.vlm.cache import Spent


class RunStoppedError(RuntimeError):
    """Going on makes no sense now; what is done is kept, and the same command goes on later."""


class BudgetSpentError(RunStoppedError):
    """A budget is used up."""


class ServerUnusableError(RunStoppedError):
    """The server refuses everybody, or is gone."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The most that may be spent; 0 for no limit.

    Attributes:
        max_cost_usd: money.
        max_tokens: of prompts and replies together.
        max_duration_s: wall time of one run of the command.
    """

    max_cost_usd: float = 0.0
    max_tokens: int = 0
    max_duration_s: float = 0.0

    def __post_init__(self) -> None:
        if min(self.max_cost_usd, self.max_tokens, self.max_duration_s) < 0:
            raise ValueError("max_cost_usd, max_tokens, max_duration_s: 0 (no limit) or more")


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """A budget for everything, and one for each stage that has its own."""

    total: Budget = Budget()
    stages: Mapping[str, Budget] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for stage in self.stages:
            if stage not in STAGES:
                raise ValueError(f"stages: {stage!r} is none of {', '.join(STAGES)}")


class Ledger:
    """Keeps count, and stops the run before a call that would start beyond a budget.

    Calls that are under way when a budget runs out are paid and kept, so it may be passed by as many calls
    as were in flight.

    Args:
        budgets: what may be spent.
        before: spent by stage before this process started.
        elsewhere: spent by stage by other processes of the run; asked now and then.
        start_s: ``time.time()`` at which the run started.
    """

    _LOOK_EVERY_S = 2.0

    def __init__(
        self,
        budgets: Budgets,
        before: Mapping[str, Spent],
        elsewhere: Callable[[], Mapping[str, Spent]] = dict,
        *,
        start_s: float | None = None,
    ) -> None:
        self._budgets = budgets
        self.spent: dict[str, Spent] = dict(before)
        self._elsewhere = elsewhere
        self._others: Mapping[str, Spent] = elsewhere()
        self._looked_s = time.monotonic()
        self._start_s = time.time() if start_s is None else start_s
        self._started: dict[str, float] = {}

    def add(self, stage: str, cost: Spent) -> None:
        """A call has been paid."""
        self.spent[stage] = self.spent.get(stage, Spent()) + cost

    def check(self, stage: str) -> None:
        """Whether a call may start.

        Raises:
            BudgetSpentError: it may not.
        """
        now_s = time.time()
        if time.monotonic() - self._looked_s > self._LOOK_EVERY_S:
            self._others, self._looked_s = self._elsewhere(), time.monotonic()
        since_s = self._started.setdefault(stage, now_s)
        total = sum((*self.spent.values(), *self._others.values()), Spent())
        self._check_one("total", self._budgets.total, total, now_s - self._start_s)
        if stage in self._budgets.stages:
            mine = self.spent.get(stage, Spent()) + self._others.get(stage, Spent())
            self._check_one(stage, self._budgets.stages[stage], mine, now_s - since_s)

    @staticmethod
    def _check_one(name: str, budget: Budget, spent: Spent, duration_s: float) -> None:
        used: tuple[tuple[str, float, float], ...] = (
            ("max_cost_usd", spent.cost_usd, budget.max_cost_usd),
            ("max_tokens", spent.num_tokens, budget.max_tokens),
            ("max_duration_s", duration_s, budget.max_duration_s),
        )
        for field_name, value, limit in used:
            if limit and value >= limit:
                raise BudgetSpentError(
                    f"{field_name}: the budget of {name} is spent ({value:g} of {limit:g}); raise it and run"
                    " the same command again, nothing is paid twice"
                )


class Pace:
    """Spreads calls evenly over time.

    Args:
        max_per_minute: calls a minute; 0 for no limit.
    """

    def __init__(self, max_per_minute: float) -> None:
        self._gap_s = 60.0 / max_per_minute if max_per_minute else 0.0
        self._next_s = 0.0

    async def wait(self) -> None:
        """Return when it is this call's turn."""
        if self._gap_s:
            now_s = time.monotonic()
            turn_s = max(now_s, self._next_s)
            self._next_s = turn_s + self._gap_s
            if turn_s > now_s:
                await asyncio.sleep(turn_s - now_s)
