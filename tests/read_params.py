"""Run a stage's script; the last line printed names each parameter that it read, as JSON.

The parameters that are logged to MLflow without being used (`params.flatten`) do not count.
"""

import json
import os
import runpy
import sys
from typing import Any

from posters import params

read: set[str] = set()
names: dict[int, str] = {}
load_params = params.load_params


def recording_load(*arguments: Any) -> params.Params:
    """Load the parameters and remember which section is which."""
    loaded = load_params(*arguments)
    names.update({id(getattr(loaded, name)): name for name in params.Params.model_fields})
    return loaded


def record(section: Any, attribute: str) -> Any:
    """Note a field that is read; `model_dump` reads all of its section."""
    section_name = names.get(id(section))
    if section_name:
        fields = type(section).model_fields
        if attribute in fields:
            read.add(f"{section_name}.{attribute}")
        elif attribute.startswith("model_dump"):
            read.update(f"{section_name}.{field}" for field in fields)
    return object.__getattribute__(section, attribute)


params.load_params = recording_load
params.flatten = lambda _: {}
for field in params.Params.model_fields.values():
    field.annotation.__getattribute__ = record  # type: ignore[union-attr, method-assign, assignment]

os._exit = sys.exit  # type: ignore[assignment]  # some stages end at once
try:
    runpy.run_path(sys.argv[1], run_name="__main__")
except SystemExit as end:
    if end.code:
        raise
print(json.dumps(sorted(read)))
