"""Arithmetic in `x`, such as `x/127.5-1`: parsed by its own grammar, never evaluated as Python.

sum     = product (("+" | "-") product)*
product = sign (("*" | "/") sign)*
sign    = ("+" | "-") sign | power
power   = atom ("**" sign)?
atom    = number | "x" | "x0", "x1", ... | "(" sum ")"
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reportgen.errors import SettingsError

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>x\d*)|(?P<sign>\*\*|[-+*/()]))"
)
_LONGEST = 500
Operator = Literal["+", "-", "*", "/", "**"]


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True)
class Tensor:
    """The layer's input: `x` and `x0` are the first one, `x1` the second."""

    index: int


@dataclass(frozen=True)
class Operation:
    """Two expressions and what joins them."""

    operator: Operator
    left: "Expression"
    right: "Expression"


Expression = Number | Tensor | Operation


def parse_arithmetic(text: str) -> Expression:
    """Parse `text`; raises `SettingsError` that points at the first thing not understood."""
    if len(text) > _LONGEST:
        raise SettingsError(f"The expression {text[:40]!r}... is too long.")
    return _Parser(text).whole()


def evaluate(expression: Expression, inputs: Sequence[Any]) -> Any:
    """The expression's value; `inputs` are numbers, arrays or tensors.

    Raises `SettingsError` when it names an input that the layer does not have.
    """
    if isinstance(expression, Number):
        return expression.value
    if isinstance(expression, Tensor):
        if expression.index >= len(inputs):
            raise SettingsError(
                f"The expression names x{expression.index}, but the layer has {len(inputs)}"
                " input(s)."
            )
        return inputs[expression.index]
    left = evaluate(expression.left, inputs)
    right = evaluate(expression.right, inputs)
    try:
        return _apply(expression.operator, left, right)
    except (ZeroDivisionError, OverflowError) as error:
        raise SettingsError(
            "The expression divides by zero or grows beyond all numbers."
        ) from error


def _apply(operator: Operator, left: Any, right: Any) -> Any:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "/":
        return left / right
    return left**right


def as_scale_and_offset(expression: Expression) -> tuple[float, float] | None:
    """(a, b) when the expression is a · x + b, as a rescaling is; None when it is not."""
    if isinstance(expression, Number):
        return 0.0, expression.value
    if isinstance(expression, Tensor):
        return (1.0, 0.0) if expression.index == 0 else None
    left = as_scale_and_offset(expression.left)
    right = as_scale_and_offset(expression.right)
    if left is None or right is None:
        return None
    return _join_lines(expression.operator, left, right)


def _join_lines(
    operator: Operator, left: tuple[float, float], right: tuple[float, float]
) -> tuple[float, float] | None:
    (scale, offset), (other_scale, other_offset) = left, right
    if operator == "+":
        return scale + other_scale, offset + other_offset
    if operator == "-":
        return scale - other_scale, offset - other_offset
    if operator == "*" and other_scale == 0:
        return scale * other_offset, offset * other_offset
    if operator == "*" and scale == 0:
        return other_scale * offset, other_offset * offset
    if operator == "/" and other_scale == 0 and other_offset != 0:
        return scale / other_offset, offset / other_offset
    return None


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0
        self.token, self.kind = self._next()

    def _next(self) -> tuple[str, str]:
        found = _TOKEN.match(self.text, self.position)
        if found is None:
            rest = self.text[self.position :].strip()
            if rest:
                raise self._refusal(rest)
            return "", "end"
        self.position = found.end()
        return found[0].strip(), str(found.lastgroup)

    def _refusal(self, rest: str) -> SettingsError:
        return SettingsError(
            f"The expression {self.text!r} is not arithmetic in x at {rest[:20]!r}; it may hold"
            " numbers,"
            " x (x1 for a second input), + - * / ** and parentheses, as in x/127.5-1."
        )

    def _take(self, *signs: str) -> str | None:
        if self.kind == "sign" and self.token in signs:
            taken = self.token
            self.token, self.kind = self._next()
            return taken
        return None

    def whole(self) -> Expression:
        expression = self._sum()
        if self.kind != "end":
            raise self._refusal(self.token)
        return expression

    def _sum(self) -> Expression:
        self.depth += 1
        if self.depth > 50:
            raise SettingsError(f"The expression {self.text[:40]!r}... nests too deeply.")
        left = self._product()
        while sign := self._take("+", "-"):
            left = Operation(sign, left, self._product())  # type: ignore[arg-type]
        self.depth -= 1
        return left

    def _product(self) -> Expression:
        left = self._signed()
        while sign := self._take("*", "/"):
            left = Operation(sign, left, self._signed())  # type: ignore[arg-type]
        return left

    def _signed(self) -> Expression:
        negative = False
        while sign := self._take("+", "-"):
            negative ^= sign == "-"
        power = self._power()
        return Operation("*", Number(-1.0), power) if negative else power

    def _power(self) -> Expression:
        base = self._atom()
        if self._take("**"):
            self.depth += 1
            if self.depth > 50:
                raise SettingsError(f"The expression {self.text[:40]!r}... nests too deeply.")
            exponent = self._signed()
            self.depth -= 1
            return Operation("**", base, exponent)
        return base

    def _atom(self) -> Expression:
        token, kind = self.token, self.kind
        if kind == "number":
            self.token, self.kind = self._next()
            return Number(float(token))
        if kind == "name":
            self.token, self.kind = self._next()
            return Tensor(int(token[1:] or 0))
        if self._take("("):
            inside = self._sum()
            if not self._take(")"):
                raise self._refusal(self.token or "its end: a ) is missing")
            return inside
        raise self._refusal(token or "its end")
