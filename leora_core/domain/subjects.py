"""Imports every subject, so that all commands are registered. Import this before looking one up."""

import importlib
import pkgutil

import leora_core.domain as _domain

for _module in pkgutil.walk_packages(_domain.__path__, f"{_domain.__name__}."):
    if _module.name != __name__:
        importlib.import_module(_module.name)
