"""The language of templates: a small, bounded part of Jinja2 in which nothing can hang, leak or be forgotten."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

MAX_TEMPLATE = 64 * 1024
MAX_OUTPUT = 100_000
MAX_RANGE = 100
MAX_NUMBER = 10**12

KEEP = "\x00keep"
"""Context key, unwritable in a template, of a function that takes each value before it is put out."""

FILTERS = frozenset({"default", "d", "upper", "lower", "title", "capitalize", "trim", "length", "first", "last",
                     "round", "int", "truncate"})  # fmt: skip
TESTS = frozenset({"defined", "undefined", "odd", "even", "divisibleby", "in", "eq", "ne", "lt", "gt", "le", "ge",
                   "equalto"})  # fmt: skip

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For, nodes.CondExpr,
    nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or,
    nodes.Not, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos,
    nodes.List, nodes.Tuple, nodes.Assign, nodes.Call, nodes.Keyword,
)  # fmt: skip
_INSTEAD = {
    "Concat": "`~` joins texts: write them one after another, {{ a }}{{ b }}",
    "Include": "templates stand alone: copy the words",
    "Import": "templates stand alone: copy the words",
    "FromImport": "templates stand alone: copy the words",
    "Extends": "templates stand alone: copy the words",
    "Macro": "write the words where they are needed",
}


class TemplateMistake(Exception):
    """A template that can't be used, with the line (counted from 1) of its mistake."""

    def __init__(self, name: str, line: int, message: str, hint: str = "") -> None:
        super().__init__(f"{name}:{line}: {message}")
        self.name, self.line, self.message, self.hint = name, line, message, hint


class RenderError(TemplateMistake):
    """A template that could not be rendered for this lead."""


class Prose(str):
    """Marketing's own Markdown as the value of a field: it is read as if it stood in the template itself."""

    __slots__ = ()


class _Missing(StrictUndefined):
    """What a lead lacks: `{% if company %}` may ask for it, nothing may print it or compute with it."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]
        return False


@pass_context
def _put_out(context: Context, value: object) -> str:
    """The text of a value that stands between {{ and }}; lists and anything inner are no text."""
    if value is None:
        return ""
    if not isinstance(value, str | int | float | StrictUndefined):
        raise TypeError("this is no text but a list or an object; name one field of it")
    text = _CONTROL.sub("", str(value).replace("\r\n", "\n").replace("\r", "\n"))
    if isinstance(value, Prose):
        return _PRIVATE.sub("", text)
    keep: Callable[[str], str] | None = context.get(KEEP)
    return keep(text) if keep else text


_PRIVATE = re.compile("[\ue000\ue001]")
"""Characters that placeholders are made of."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class _Environment(SandboxedEnvironment):
    """Sandboxed, strict, and with an upper bound on whatever can grow."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if not all(isinstance(side, int | float) for side in (left, right)):
            raise TypeError(f"`{operator}` is for numbers")
        if abs(left) > MAX_NUMBER or abs(right) > MAX_NUMBER:
            raise OverflowError("the number is too big")
        return super().call_binop(context, operator, left, right)


def _range(*arguments: int) -> range:
    found = range(*arguments)
    if len(found) > MAX_RANGE:
        raise OverflowError(f"a range has at most {MAX_RANGE} numbers")
    return found


def _environment() -> _Environment:
    environment = _Environment(
        undefined=_Missing, finalize=_put_out, autoescape=False, trim_blocks=True, lstrip_blocks=True, cache_size=0
    )
    environment.globals = {"range": _range}
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    environment.tests = {name: environment.tests[name] for name in TESTS}
    return environment


_ENVIRONMENT = _environment()


def parse_template(source: str, name: str) -> nodes.Template:
    """Parse a template and hold it against the language.

    Raises:
        TemplateMistake: it is no template, or does what templates may not do.
    """
    if len(source) > MAX_TEMPLATE:
        raise TemplateMistake(name, 1, f"the template is longer than {MAX_TEMPLATE // 1024} KB", "a message is a page")
    if stray := _PRIVATE.search(source):
        line = source.count("\n", 0, stray.start()) + 1
        raise TemplateMistake(name, line, "an invisible private-use character", "delete it")
    try:
        tree = _ENVIRONMENT.parse(_keep_line_ends(source), name, name)
    except TemplateSyntaxError as error:
        raise TemplateMistake(name, error.lineno, *_explain_syntax(str(error.message))) from error
    except RecursionError:
        raise TemplateMistake(name, 1, "the template is nested too deeply", "write it flatter") from None
    _check_language(tree, name)
    return tree


def _keep_line_ends(source: str) -> str:
    """A line of tags alone leaves no trace; a line that only ends with a tag keeps its end, as its writer sees it."""
    return "\n".join(
        _LAST_TAG.sub("+%}", line)
        if _TAG.sub("", line).strip() and not line.rstrip().endswith(("-%}", "+%}"))
        else line
        for line in source.split("\n")
    )


_TAG = re.compile(r"{%.*?%}|{#.*?#}")
_LAST_TAG = re.compile(r"%}[ \t]*$")


def render(source: str, name: str, values: Mapping[str, Any]) -> str:
    """Render a template.

    Raises:
        RenderError: it can't be rendered with these values; the message says where and why.
    """
    template = None
    try:
        template = _compiled(source, name)
        parts, length = [], 0
        for part in template.generate(**values):
            length += len(part)
            if length > MAX_OUTPUT:
                raise OverflowError(f"the text grows beyond {MAX_OUTPUT} characters")
            parts.append(part)
        return "".join(parts)
    except TemplateMistake as mistake:
        raise RenderError(name, mistake.line, mistake.message, mistake.hint) from mistake
    except UndefinedError as error:
        raise RenderError(name, _line_of(error, name), *_explain_undefined(str(error.message))) from error
    except Exception as error:
        raise RenderError(name, _line_of(error, name), str(error) or type(error).__name__) from error


@lru_cache(maxsize=1024)
def _compiled(source: str, name: str) -> Template:
    tree = parse_template(source, name)
    code = _ENVIRONMENT.compile(tree, name, name)
    return Template.from_code(_ENVIRONMENT, code, dict(_ENVIRONMENT.globals))


def _line_of(error: BaseException, name: str) -> int:
    """The template's line in a traceback that Jinja2 has rewritten to show it."""
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _check_language(tree: nodes.Template, name: str) -> None:
    for node, loops in _walk(tree, 0):
        line = node.lineno or 1
        if not isinstance(node, _ALLOWED):
            kind = type(node).__name__
            raise TemplateMistake(
                name, line, f"templates may not use this ({kind.lower()})", _INSTEAD.get(kind, "write it plainly")
            )
        if isinstance(node, nodes.For) and (loops or node.recursive):
            raise TemplateMistake(name, line, "a loop inside a loop", "write the lines out")
        if isinstance(node, nodes.CondExpr) and node.expr2 is None:
            raise TemplateMistake(name, line, "an `if` without `else` between {{ }}", 'add one: else ""')
        if isinstance(node, nodes.Call) and not (isinstance(node.node, nodes.Name) and node.node.name == "range"):
            raise TemplateMistake(
                name, line, "templates call no functions but range()", "use a filter: {{ name | upper }}"
            )
        if isinstance(node, nodes.Filter) and (node.name not in FILTERS or node.node is None):
            raise TemplateMistake(name, line, f"no filter is called `{node.name}`", f"known: {_listed(FILTERS)}")
        if isinstance(node, nodes.Test) and node.name not in TESTS:
            raise TemplateMistake(name, line, f"no test is called `{node.name}`", f"known: {_listed(TESTS)}")
        if isinstance(node, nodes.Assign) and (
            not isinstance(node.target, nodes.Name) or node.node.find(nodes.List) or node.node.find(nodes.Tuple)
        ):
            raise TemplateMistake(name, line, "`set` keeps one value", "use the list where it is needed")
        if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
            raise TemplateMistake(name, line, f"`{node.attr}` is hidden", "fields start with a letter")


def _walk(node: nodes.Node, loops: int) -> Iterator[tuple[nodes.Node, int]]:
    waiting = [(node, loops)]
    while waiting:
        node, loops = waiting.pop()
        yield node, loops
        inner = loops + isinstance(node, nodes.For)
        waiting.extend((child, inner) for child in reversed(list(node.iter_child_nodes())))


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _explain_syntax(problem: str) -> tuple[str, str]:
    if "expected 'end of" in problem:
        return "a {{ or {% is never closed", "close {{ with }} and {% with %}"
    if "Jinja was looking for" in problem:
        return "an {% if %} or {% for %} is never closed", "add {% endif %} or {% endfor %}"
    if "unknown tag" in problem or "Encountered unknown tag" in problem:
        return problem.rstrip("."), "templates know if, elif, else, endif, for, endfor and set"
    if "No filter named" in problem:
        return problem.rstrip("."), f"known: {_listed(FILTERS)}"
    return problem.rstrip("."), "fields stand in {{ }}, conditions in {% if … %} … {% endif %}"


def _explain_undefined(problem: str) -> tuple[str, str]:
    named = re.search(r"'([A-Za-z0-9_]+)'(?: is undefined)?$|has no attribute '([^']+)'", problem)
    if "is undefined" in problem and named:
        field = named.group(1)
        return f"this lead has no `{field}`, and it has no default", f'write {{{{ {field} | default("…") }}}}'
    if named and named.group(2):
        return f"this lead has no `attributes.{named.group(2)}`, and it has no default", 'add | default("…")'
    return problem, ""
