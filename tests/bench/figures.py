"""The figures that are published, each with its bar."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and the bar that it must not miss."""

    key: str
    words: str
    bar: float
    at_least: bool
    """Whether more is better."""
    unit: str = ""
    digits: int = 2

    def reached(self, value: float) -> bool:
        """Whether a value, as it is published, reaches the bar."""
        shown = round(value, self.digits)
        return shown >= self.bar if self.at_least else shown <= self.bar

    def show(self, value: float | None) -> str:
        """The value as it is published."""
        if value is None:
            return "-"
        return f"{value:.{self.digits}f}{f' {self.unit}' if self.unit else ''}"

    def show_bar(self) -> str:
        """The bar, as `≥ 0.60`."""
        return f"{'≥' if self.at_least else '≤'} {self.show(self.bar)}"


FIGURES = (
    Figure("engine_ratio", "touches per second, engine ÷ bare Temporal", 0.60, True),
    Figure("actions_per_touch", "Temporal actions per touch, 20 emails and texts", 2.2, False),
    Figure("actions_per_touch_with_calls", "the same with four calls among them", 3.0, False),
    Figure("events_per_touch", "history events per touch", 12, False, digits=1),
    Figure("cold_wake_ratio", "cold wake: worker CPU, touches 201-208 ÷ touches 1-8", 1.2, False),
    Figure("cold_engine_ratio", "cold wakes per second, engine ÷ bare Temporal", 0.60, True),
    Figure("first_message_p95_s", "capture to first message, idle machine, p95", 1.0, False, "s", 3),
    Figure("stop_p99_s", "accepted stop to last arrival, under load, p99", 2.0, False, "s", 3),
    Figure("kib_per_lead", "worker memory per cached lead", 110, False, "KiB", 0),
    Figure("captures_per_s", "leads captured per second over REST, for 60 s", 60, True, "/s", 1),
    Figure("lead_page_p95_ms", "a lead's page among 200,000 leads, p95", 50, False, "ms", 1),
    Figure("task_list_p95_ms", "the task list among 200,000 leads, p95", 100, False, "ms", 1),
    Figure("experiments_p95_ms", "two experiments with 200,000 leads each, p95", 1000, False, "ms", 0),
    Figure("reports_p95_ms", "the slowest report, last twelve weeks of 2,000,000 touches, p95", 1000, False, "ms", 0),
    Figure("all_reports_p95_ms", "the slowest report of all three years, p95", 1000, False, "ms", 0),
    Figure(
        "console_action_p95_ms", "30 reps at once: an outcome pressed to the next lead shown, p95", 300, False, "ms", 0
    ),
    Figure("first_view_p95_s", "the slowest page of the console among 200,000 leads, seen, p95", 2.0, False, "s", 2),
)
KEYS = tuple(figure.key for figure in FIGURES)
