"""Each example in the library's docstrings gives what it shows; each public name has one."""

import doctest
import importlib
import inspect
import pkgutil
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pytest

from kalshi_data import reader
from kalshi_data.reader import Archive

MODULES = [
    importlib.import_module(each.name)
    for each in pkgutil.walk_packages(reader.__path__, "kalshi_data.reader.")
    if not each.name.endswith("__main__")
]
METHODS = [name for name, _ in inspect.getmembers(Archive, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("module", MODULES, ids=lambda each: each.__name__)
def test_the_examples_of_a_module_are_true(module: ModuleType, archive: Archive, sample: Path) -> None:
    given = {"archive": archive, "folder": sample, "pa": pa, "Decimal": Decimal}
    found = doctest.testmod(module, extraglobs=given, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.failed == 0


@pytest.mark.parametrize("name", [each for each in METHODS if each != "read"])
def test_each_method_of_an_archive_has_an_example(name: str) -> None:
    assert ">>> " in (inspect.getdoc(getattr(Archive, name)) or "")
