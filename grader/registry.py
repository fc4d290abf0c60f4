"""Finds what can be chosen by name: each choice is a module of one folder, and nothing else lists them."""

import importlib
import pkgutil
from types import ModuleType


def modules_of(package: str) -> dict[str, ModuleType]:
    """The modules of a package by their names, in alphabetical order.

    A folder that somebody appends to the package's `__path__` is searched, too. What a module has to define to be a
    choice is for the package to say; a module that its choices share defines none of it.
    """
    names = {module.name for module in pkgutil.iter_modules(importlib.import_module(package).__path__)}
    return {name: importlib.import_module(f"{package}.{name}") for name in sorted(names)}
