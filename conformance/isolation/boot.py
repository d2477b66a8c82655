"""The program of the child: puts its pipes aside, then loads the kit before anything of the user's.

Run by its path, never imported by the kit, so that a ``conformance.py`` or a ``random.py`` in the
user's directory can't come between. Only built-in modules until the kit is in place.
"""

import json
import os
import sys


def _read(fd: int, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = os.read(fd, count - len(data))
        if not piece:
            os._exit(1)
        data += piece
    return data


def _put_pipes_aside() -> tuple[int, int]:
    """Move the pipes from 0 and 1 away; output then goes where errors go, input is empty."""
    requests, replies = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return requests, replies


def _print_anything() -> None:
    """Let the subject print any text: a pipe's own encoding can be narrower than a terminal's."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]


def _load_kit(folder: str) -> None:
    """Load the very package that the host runs, whatever else is called by its name."""
    from importlib.util import module_from_spec, spec_from_file_location

    file = os.path.join(folder, "__init__.py")
    spec = spec_from_file_location("conformance", file, submodule_search_locations=[folder])
    if spec is None or spec.loader is None:
        raise ImportError(f"the kit can't be loaded from {folder}")
    package = module_from_spec(spec)
    sys.modules["conformance"] = package
    spec.loader.exec_module(package)


def main() -> None:
    """Read where everything is from standard input and serve the host."""
    requests, replies = _put_pipes_aside()
    length = int.from_bytes(_read(requests, 8), "little")
    boot = json.loads(_read(requests, length))
    _print_anything()
    known = [*sys.path, *boot["path"]]
    strange = {os.path.realpath(p) for p in boot["users"]}
    sys.path[:] = [p for p in known if p and os.path.realpath(p) not in strange]
    _load_kit(boot["kit"])
    from conformance.isolation.child import serve

    serve(boot, requests, replies)


if __name__ == "__main__":
    main()
