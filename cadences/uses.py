"""Which fields a template names, and whether it is sure in each place that the lead has them."""

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import nodes


@dataclass(frozen=True, slots=True)
class FieldUse:
    """A field that a template names: `company`, or `attributes.size`."""

    name: str
    line: int
    safe: bool
    """It has a default there, or stands under an `if` that asks for it."""


def field_uses(tree: nodes.Template) -> list[FieldUse]:
    """Every field the template names, in order; names that it sets itself are none."""
    own = {found.name for found in tree.find_all(nodes.Name) if found.ctx in ("store", "param")} | {"loop", "range"}
    return [use for use in _uses(tree, frozenset()) if use.name.partition(".")[0] not in own]


def _uses(node: nodes.Node, sure: frozenset[str]) -> Iterator[FieldUse]:
    """Fields in `node`, where the lead is known to have those in `sure`."""
    if isinstance(node, nodes.If | nodes.CondExpr):
        yes, no = _asked(node.test)
        yield from _uses_asked(node.test, sure)
        if isinstance(node, nodes.CondExpr):
            yield from _uses(node.expr1, sure | yes)
            if node.expr2 is not None:
                yield from _uses(node.expr2, sure | no)
            return
        for child in node.body:
            yield from _uses(child, sure | yes)
        for branch in (*node.elif_, *node.else_):
            yield from _uses(branch, sure | no)
    elif isinstance(node, nodes.Filter) and node.name in ("default", "d") and node.node is not None:
        named = _named(node.node)
        yield from _uses(node.node, sure | ({named} if named else set()))
        for child in node.args:
            yield from _uses(child, sure)
    elif isinstance(node, nodes.Or):
        yield from _uses_asked(node, sure, printed=True)
    elif isinstance(node, nodes.Test) and node.name in ("defined", "undefined"):
        yield from _uses_asked(node, sure)
    elif named := _named(node):
        yield FieldUse(named, node.lineno, named in sure)
    else:
        for child in node.iter_child_nodes():
            yield from _uses(child, sure)


def _uses_asked(test: nodes.Node, sure: frozenset[str], *, printed: bool = False) -> Iterator[FieldUse]:
    """Fields in the test of an `if`: merely asking whether there is one is safe.

    The last operand of a `printed` `or` is put out, so there asking is not enough.
    """
    rest = _uses if printed else _uses_asked
    if isinstance(test, nodes.And):
        yield from _uses_asked(test.left, sure)
        yield from _uses_asked(test.right, sure | _asked(test.left)[0])
    elif isinstance(test, nodes.Or):
        yield from _uses_asked(test.left, sure)
        yield from rest(test.right, sure | _asked(test.left)[1])
    elif isinstance(test, nodes.Not) or (isinstance(test, nodes.Test) and test.name in ("defined", "undefined")):
        yield from _uses_asked(test.node, sure)
    elif named := _named(test):
        yield FieldUse(named, test.lineno, True)
    else:
        yield from _uses(test, sure)


def _asked(test: nodes.Node) -> tuple[frozenset[str], frozenset[str]]:
    """The fields that a lead surely has when the test is true, and when it is false."""
    nothing: frozenset[str] = frozenset()
    if isinstance(test, nodes.Not):
        yes, no = _asked(test.node)
        return no, yes
    if isinstance(test, nodes.And | nodes.Or):
        (left_yes, left_no), (right_yes, right_no) = _asked(test.left), _asked(test.right)
        if isinstance(test, nodes.And):
            return left_yes | right_yes, left_no & right_no
        return left_yes & right_yes, left_no | right_no
    if isinstance(test, nodes.Test) and test.name in ("defined", "undefined"):
        named = _named(test.node)
        found = frozenset({named}) if named else nothing
        return (found, nothing) if test.name == "defined" else (nothing, found)
    named = _named(test)
    return (frozenset({named}) if named else nothing), nothing


def _named(node: nodes.Node) -> str | None:
    """`company` or `attributes.size`, if the node is just that."""
    if isinstance(node, nodes.Name) and node.ctx == "load":
        return node.name
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return f"{node.node.name}.{node.attr}"
    if isinstance(node, nodes.Getitem) and isinstance(node.node, nodes.Name) and isinstance(node.arg, nodes.Const):
        return f"{node.node.name}.{node.arg.value}"
    return None
