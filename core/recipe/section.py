"""What sections of a recipe are made of: settings with title, help, unit and bounds, and ranges of numbers."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

Span = tuple[float, float]  # from, to
Extra = dict[str, Any]
Needs = tuple[str, tuple[str, ...]]


def setting(
    default: Any,
    title: str,
    help: str,
    *,
    unit: str = "",
    needs: Needs | None = None,
    suggested: tuple[str, ...] = (),
    **bounds: Any,
) -> Any:
    """A recipe field: `title` labels it, `help` is its tooltip, `unit` follows it; `bounds` as ge, le, gt, lt.

    `needs` names a field of the same section and the values it has to have for this one to matter. `suggested` are
    texts to choose from where others are allowed too.
    """
    extra: Extra = {"unit": unit, "needs": needs, "suggested": suggested}
    return Field(default, title=title, description=help, json_schema_extra=extra, **bounds)


def span(default: Span, title: str, help: str, low: float, high: float, *, unit: str = "", whole: bool = False) -> Any:
    """A recipe field for a range from which samples draw evenly; both ends lie within `low` and `high`."""
    extra: Extra = {"unit": unit, "low": low, "high": high, "whole": whole}
    return Field(default, title=title, description=help, json_schema_extra=extra)


class Section(BaseModel):
    """A group of settings. Unknown keys are errors; values are checked and do not change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _numbers_are_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        wanted = cls.model_fields[info.field_name or ""].annotation
        given = value if isinstance(value, (list, tuple)) else [value]
        if wanted in (int, float, Span) and any(isinstance(one, bool) for one in given):
            raise ValueError("it should be a number; yes, no, on and off are none")
        return value

    @field_validator("*")
    @classmethod
    def _spans_fit(cls, value: Any, info: ValidationInfo) -> Any:
        extra = cls.model_fields[info.field_name or ""].json_schema_extra
        if not isinstance(extra, dict) or "low" not in extra:
            return value
        first, last = value
        low, high = float(str(extra["low"])), float(str(extra["high"]))
        if not (low <= first <= high and low <= last <= high):
            raise ValueError(f"both ends should lie within {low:g} and {high:g}")
        if first > last:
            raise ValueError("the first number should not be above the second")
        if extra["whole"] and (first != round(first) or last != round(last)):
            raise ValueError("both ends should be whole numbers")
        return value
