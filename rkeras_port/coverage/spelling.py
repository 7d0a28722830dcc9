"""Spell a Python call in R."""

from __future__ import annotations

import ast


def in_r(expression: str) -> str:
    """Spell a Python expression in R: for cases that differ in nothing but that.

    Examples
    --------
    >>> in_r("layer_dense(M, units=4, use_bias=False, activation=None)")
    'layer_dense(M, units = 4, use_bias = FALSE, activation = NULL)'
    >>> in_r("random_normal((2, 3), seed=1)")
    'random_normal(c(2, 3), seed = 1)'
    >>> in_r("optimizer_sgd(learning_rate=[0.1, -1]).name")
    'optimizer_sgd(learning_rate = list(0.1, -1))$name'
    >>> in_r("[(model := application_vgg16()), model]")
    'list((model <- application_vgg16()), model)'
    """
    return _spell(ast.parse(expression, mode="eval").body)


def _spell(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=bool() | None as value):
            return {True: "TRUE", False: "FALSE", None: "NULL"}[value]
        case ast.Constant(value=str() as value):
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case ast.Constant(value=value):
            return repr(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"-{_spell(operand)}"
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return f"{_spell(left)} * {_spell(right)}"
        case ast.NamedExpr(target=target, value=value):
            return f"({_spell(target)} <- {_spell(value)})"
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{_spell(value)}${name}"
        case ast.Tuple(elts=items):
            return f"c({', '.join(map(_spell, items))})"
        case ast.List(elts=items):
            return f"list({', '.join(map(_spell, items))})"
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            named = [f"{k.value} = {_spell(v)}" for k, v in pairs]  # type: ignore
            return f"list({', '.join(named)})"
        case ast.Call(func=function, args=args, keywords=keywords):
            given = [*map(_spell, args)]
            given += [f"{one.arg} = {_spell(one.value)}" for one in keywords]
            return f"{_spell(function)}({', '.join(given)})"
    raise ValueError(f"has no spelling in R: {ast.unparse(node)}")
