"""Draw posters for another process: on standard input a request a line, on standard output files.

python -m sample_posters

A request is [title, year, seed, JPEG quality] in JSON. The answer is the length of the JPEG file in
four bytes, then the file.
"""

import io
import json
import os
import sys

from sample_posters.poster import draw_poster


def main() -> None:
    """Answer requests until standard input ends."""
    for line in sys.stdin.buffer:
        title, year, seed, quality = json.loads(line)
        content = io.BytesIO()
        draw_poster(title, year, seed).save(content, "JPEG", quality=quality)
        sys.stdout.buffer.write(content.tell().to_bytes(4) + content.getvalue())
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # nobody waits for the poster any more
        os._exit(1)
