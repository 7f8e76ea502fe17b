"""Predictions as a CSV table, one line for each poster."""

import csv
import re
from collections.abc import Mapping
from typing import Any, TextIO

from posters.files import FORMULA

_COLUMNS = (
    *("file", "model", "prior", "answer", "year", "low", "high", "level", "decade"),
    *("decade_probability", "uncertainty", "nearest", "warnings", "caveats", "refused"),
)


class PredictionTable:
    """Writes a header, then a line for each poster."""

    def __init__(self, stream: TextIO) -> None:
        self._writer = csv.DictWriter(stream, _COLUMNS, extrasaction="ignore")
        self._writer.writeheader()

    def write(self, content: Mapping[str, Any]) -> None:
        """Write a line: `file`, and what `Predictor.as_json` gave or why it is `refused`."""
        row = dict(content)
        if "refused" not in row:
            row["low"], row["high"] = content["interval"]
            movies = content["neighbours"]
            row["nearest"] = [f"{movie['title']} ({movie['year']})" for movie in movies]
        self._writer.writerow({column: _cell(row.get(column, "")) for column in _COLUMNS})


def _cell(value: Any) -> Any:
    """Lists become texts, and a text that a spreadsheet would run gets an apostrophe."""
    text = "; ".join(value) if isinstance(value, list) else value
    return f"'{text}" if re.match(rf"[\t\r\n]|{FORMULA}", str(text)) else text
