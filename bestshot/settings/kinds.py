"""The kinds of settings in words, for one that is of another kind."""

from msgspec import inspect


def kind_in_words(kind: inspect.Type) -> str:
    """What a value of this kind looks like."""
    match kind:
        case inspect.BoolType():
            return "true or false"
        case inspect.EnumType():
            *others, last = (member.value for member in kind.cls)
            return f"{', '.join(others)} or {last}"
        case inspect.IntType():
            return f"a whole number {_bounds(kind)}"
        case inspect.FloatType():
            return f"a number {_bounds(kind)}"
        case inspect.VarTupleType(item_type=inspect.StrType(pattern=str())):
            return "a list of rules, each of them raw, largest or folder:PATH"
        case inspect.VarTupleType():
            return 'a list of names that are not empty, such as ["a", "b"]'
        case _:
            return "a text that is not empty"


def _bounds(kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.gt is not None:
        return f"above {kind.gt:g}"
    return f"of at least {kind.ge:g}" if kind.le is None else f"from {kind.ge:g} to {kind.le:g}"
