"""The figures of the house, read from its source: ``python tests/architecture/house.py`` prints them.

An import counts wherever it stands: for type checkers only and inside functions too.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "qresearch"
LAYERS = (
    ("errors",),
    ("domain",),
    ("sentences",),
    ("files",),
    ("market",),
    ("engine",),
    ("book",),
    ("session",),
    ("sources", "views", "dialects"),
    ("sweeps",),
    ("",),
    ("channel", "command_parser"),
    ("app", "data_cli", "demo", "exercises", "reference"),
    ("cli",),
)
"""From the ground up; those beside each other do not know each other. The empty name is the package itself."""
PROTOCOL_NAMES = frozenset({"_replace", "_fields", "_getframe", "_repr_html_", "_repr_mimebundle_", "_repr_svg_"})
"""Names with an underscore that Python and IPython offer to everybody."""
DIALECTS = re.compile("joinquant|easyquant|swordfish|xtquant", re.IGNORECASE)


@dataclass(frozen=True)
class Module:
    """A module of the package.

    Parameters
    ----------
    name : str
    path : Path
    tree : Module
        Parsed.
    """

    name: str
    path: Path
    tree: ast.Module

    @property
    def file(self) -> str:
        """Path inside the package."""
        return self.path.relative_to(PACKAGE).as_posix()

    @property
    def layer(self) -> str:
        """Folder or file on the first floor of the package; empty for the package itself."""
        return [*self.name.split("."), ""][1]


class Reach(NamedTuple):
    """A use of another object's private name."""

    module: Module
    line: int
    text: str
    name: str
    is_of_session: bool


def modules() -> dict[str, Module]:
    """Every module by its name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = Module(name, path, ast.parse(path.read_text("utf-8")))
    return found


HOUSE = modules()


def imported(module: Module) -> Iterator[str]:
    """Modules of the package that a module imports, wherever the import stands."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module.file}: an import names its module in full"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in HOUSE else str(node.module) for name in inner]
        else:
            continue
        yield from (name for name in names if name in HOUSE and name != module.name)


GRAPH = {name: set(imported(module)) for name, module in HOUSE.items()}


def reached(start: str) -> set[str]:
    """Modules that can be reached from one by imports, itself only around a circle."""
    found: set[str] = set()
    ahead = [*GRAPH[start]]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += GRAPH[name]
    return found


def circles() -> list[list[str]]:
    """Groups of modules each of which reaches all the others."""
    ahead = {name: reached(name) for name in HOUSE}
    groups = {frozenset(other for other in ahead[name] if name in ahead[other]) for name in HOUSE}
    return sorted(sorted(group) for group in groups if group)


def arrows_up() -> set[tuple[str, str]]:
    """Imports against the order of the layers, from a module to a folder (or a module on the first floor)."""
    rank = {name: number for number, names in enumerate(LAYERS) for name in names}
    found = set()
    for name, targets in GRAPH.items():
        for target in targets:
            here, there = HOUSE[name], HOUSE[target]
            if here.layer != there.layer and rank[there.layer] >= rank[here.layer]:
                is_folder = there.path.name == "__init__.py"
                found.add((here.file, target if is_folder else target.rpartition(".")[0]))
    return found


def importers_of(name: str) -> list[str]:
    """Files that import a name."""
    return [
        module.file
        for module in HOUSE.values()
        if any(
            isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names)
            for node in ast.walk(module.tree)
        )
    ]


def reaches() -> list[Reach]:
    """Uses of a private name of anything but ``self`` and ``cls``."""
    found = []
    for module in HOUSE.values():
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Attribute) or not re.match("_[a-z]", node.attr):
                continue
            owner = node.value
            word = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
            if isinstance(owner, ast.Name) and word in {"self", "cls"}:
                continue
            is_of_session = word in {"session", "_session"} and module.layer != "session"
            found.append(Reach(module, node.lineno, ast.unparse(node), node.attr, is_of_session))
    return found


def classes() -> Iterator[type]:
    """Every class of the package, once."""
    for name in HOUSE:
        for found in vars(importlib.import_module(name)).values():
            if inspect.isclass(found) and found.__module__ == name:
                yield found


def own_bases(cls: type) -> list[type]:
    """A class and those of its bases that are of the package."""
    return [base for base in cls.__mro__ if base.__module__.partition(".")[0] == PACKAGE.name]


def methods(cls: type) -> set[str]:
    """Methods and properties that the source gives a class, over the whole chain of its bases."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for base in own_bases(cls) for node in source_of(base).body if isinstance(node, kinds)}


def source_of(cls: type) -> ast.ClassDef:
    """The definition of a class."""
    tree = HOUSE[cls.__module__].tree
    return next(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == cls.__name__)


def spread_classes() -> Iterator[str]:
    """Attributes that a class uses, does not have, and is given by a class of another file that is built on it."""
    for cls in classes():
        for base in own_bases(cls)[1:]:
            if base.__module__ == cls.__module__:
                continue
            had = {name for known in own_bases(base) for name in given(known)}
            for name in sorted((used(base) & given(cls)) - had):
                if not any(hasattr(known, name) for known in base.__mro__):
                    yield f"{base.__module__}.{base.__name__}.{name} is set in {cls.__module__}.{cls.__name__}"


def given(cls: type) -> set[str]:
    """Attributes to which the methods of a class assign, and those that it declares with a value."""
    found = {
        node.attr
        for node in ast.walk(source_of(cls))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and of_self(node)
    }
    for node in source_of(cls).body:
        if isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found | set(getattr(cls, "__dataclass_fields__", ()))


def used(cls: type) -> set[str]:
    """Attributes of itself that a class reads."""
    return {node.attr for node in ast.walk(source_of(cls)) if isinstance(node, ast.Attribute) and of_self(node)}


def of_self(node: ast.Attribute) -> bool:
    """Whether an attribute is one of ``self``."""
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def files_with_dialects() -> set[str]:
    """Files of the package that name another system, outside the folder that is for them."""
    files = (path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".csv", ".js"})
    named = (path.relative_to(PACKAGE).as_posix() for path in files if DIALECTS.search(path.read_text("utf-8")))
    return {file for file in named if not file.startswith("dialects/")}


def life_of_an_order(*, limit: float | None = None) -> dict[str, int]:
    """Files of the package whose functions an order runs through, and how often: buy, step to the fill, explain.

    Parameters
    ----------
    limit : float, optional
        Price of a limit order; default: a market order.
    """
    import qresearch as qr  # noqa: PLC0415  # everything else here reads the source only

    session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    _ = session.market.mark  # what a market derives once is no part of the way
    style = None if limit is None else qr.terms.limit(limit)

    def live() -> None:
        ticket = session.buy("604018", 1000, style)
        session.step().explain(ticket)

    return {
        path.relative_to(PACKAGE).as_posix(): calls
        for name, calls in traced(live).items()
        if (path := Path(name)).is_relative_to(PACKAGE)
    }


def traced(call: Callable[[], object]) -> Counter[str]:
    """Files whose functions a call runs, and how many calls there are."""
    calls: Counter[str] = Counter()

    def note(frame: Any, event: str, _: object) -> None:
        if event == "call":
            calls[frame.f_code.co_filename] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    return calls


def reading_list() -> list[str]:
    """Files that the README names as the life of an order, in its order."""
    text = (ROOT / "README.md").read_text("utf-8")
    part = re.search("<!-- life -->(.*)<!-- /life -->", text, re.DOTALL)
    assert part is not None, "README.md: the life of an order stands between <!-- life --> and <!-- /life -->"
    return re.findall(r"`qresearch/([\w/]+\.py)`", part[1])


def lines(files: Iterable[str]) -> int:
    """Lines of some files."""
    return sum(len((PACKAGE / file).read_text("utf-8").splitlines()) for file in files)


def figures() -> Iterator[str]:
    """The figures, a sentence each."""
    found, life = reaches(), life_of_an_order()
    plain = [reach for reach in found if reach.name not in PROTOCOL_NAMES]
    yield f"{lines(module.file for module in HOUSE.values()):,} lines in {len(HOUSE)} modules"
    yield f"circles of imports: {circles() or 'none'}"
    yield f"arrows up: {', '.join(f'{here} -> {there}' for here, there in sorted(arrows_up()))}"
    yield f"files that import Session: {', '.join(importers_of('Session'))}"
    yield f"uses of another object's privates: {len(plain)}; with the names of Python's and IPython's own {len(found)}"
    yield from (f"    {reach.module.file}:{reach.line} {reach.text}" for reach in plain)
    outside = [reach for reach in found if reach.is_of_session]
    yield f"of a session's privates from outside session/: {len(outside)}"
    large = sorted(((len(methods(cls)), cls.__name__) for cls in classes()), reverse=True)[:5]
    yield f"most methods: {', '.join(f'{name} {count}' for count, name in large)}"
    yield f"classes spread over files: {list(spread_classes()) or 'none'}"
    yield f"files outside dialects/ that name another system: {len(files_with_dialects())}"
    yield f"a market order passes through {len(life)} files, {lines(life):,} lines:"
    yield from (f"    {calls:>4} calls in {file}" for file, calls in life.items())
    yield f"the README's reading list: {len(reading_list())} files, {lines(reading_list()):,} lines"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    print(*figures(), sep="\n")
