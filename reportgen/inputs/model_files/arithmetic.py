"""Arithmetic in `x`, such as `x/127.5-1`: Python's grammar, of which only arithmetic is accepted.

The text is parsed and never run: numbers, `x`, `x0`, `x1`, the signs + - * / ** and parentheses.
"""

import ast
import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reportgen.errors import SettingsError
from reportgen.printable import quoted

_NAME = re.compile(r"x\d{0,4}")
_LONGEST = 500
_DEEPEST = 50
Operator = Literal["+", "-", "*", "/", "**"]
_OPERATORS: dict[type[ast.operator], Operator] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"
}  # fmt: skip


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
        raise SettingsError(f"The expression {quoted(text[:40])}... is too long.")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise _refusal(text, text.strip()[max((error.offset or 1) - 1, 0) :] or "its end") from None
    except (ValueError, RecursionError, MemoryError):
        raise _refusal(text, text) from None
    return _expression(text.strip(), tree.body, 0)


def _expression(text: str, node: ast.expr, depth: int) -> Expression:
    if depth > _DEEPEST:
        raise SettingsError(f"The expression {quoted(text[:40])}... nests too deeply.")
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            with contextlib.suppress(OverflowError):
                return Number(float(value))
        case ast.Name(id=name) if _NAME.fullmatch(name):
            return Tensor(int(name[1:] or 0))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _expression(text, operand, depth + 1)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Operation("*", Number(-1.0), _expression(text, operand, depth + 1))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
            sides = (_expression(text, side, depth + 1) for side in (left, right))
            return Operation(_OPERATORS[type(sign)], *sides)
    raise _refusal(text, ast.get_source_segment(text, node) or text)


def _refusal(text: str, rest: str) -> SettingsError:
    return SettingsError(
        f"The expression {quoted(text)} is not arithmetic in x at {quoted(rest[:20])}; it may "
        "hold numbers, x (x1 for a second input), + - * / ** and parentheses, as in x/127.5-1."
    )


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
