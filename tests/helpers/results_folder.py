"""What a folder of results holds."""

import json
import os

TIME_FIELDS = ("started", "seconds", "peak_memory_mb")


def contents(folder):
    """Every file's bytes by its place; of records all but the time fields."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(place, name)
            with open(file, "rb") as opened:
                content = opened.read()
            if name.endswith(".json"):
                record = json.loads(content)
                content = json.dumps({k: v for k, v in record.items() if k not in TIME_FIELDS})
            found[os.path.relpath(file, folder)] = content
    return found
