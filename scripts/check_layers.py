#!/usr/bin/env python3
"""check_layers.py ROOT: one line for each include that breaks the module order, exit 1 if any.

Also checks where third-party headers may appear, `#pragma once`, and the length of files.
The order is docs/architecture.md's. Adding a module is one row in MODULES; allowing a library in
one more place is one row in LIBRARIES.
"""
import argparse
import pathlib
import re
import sys

# Bottom to top: a module may include its own headers and those of every lower level.
# (level, module, modules of the same level that it may include as well)
MODULES = [
    (0, "base", ()),
    (1, "image", ()),
    (1, "dataset", ("image",)),
    (1, "stats", ()),
    (1, "checkpoint", ()),
    (1, "registry", ()),
    (1, "archive", ()),
    (1, "lake", ()),
    (1, "process", ()),
    (1, "batching", ()),
    (1, "http", ()),
    (2, "report", ()),
    (2, "drift", ("report",)),
    (2, "publish", ("report",)),
    (2, "loadtest", ()),
    (2, "loss", ()),
    (2, "fused", ()),
    (2, "model", ("fused", "loss")),
    (3, "train", ()),
    (3, "exporter", ()),
    (4, "engine", ()),
    (4, "console", ()),
    (5, "serve", ()),
    (5, "label", ()),
    (5, "orchestrate", ()),
    (6, "cli", ()),
]
# What evens out library versions: any source file may include it, public headers may not, and of
# ours it may include base only.
COMPAT = "compat"

# (include pattern, where it may stand: a folder or a file)
LIBRARIES = [
    (r"torch/", "src/compat"),
    (r"(ATen|c10)/", "src/compat"),
    (r"httplib\.h$", "src/compat"),
    (r"opencv2/(?!dnn)", "src/image"),
    (r"opencv2/dnn", "src/exporter"),
    (r"oneapi/", "src/compat/onednn.h"),
    (r"onnx/", "src/compat/onnx.h"),
    (r"CLI/", "src/cli"),
    (r"prometheus/", "src/serve"),
    (r"simdjson\.h$", "src/serve"),
    (r"soci/|sqlite3\.h$|libpq-fe\.h$", "src/lake"),
]
# The only third-party header a public header may include: names without definitions.
PUBLIC_EXCEPTIONS = {"nlohmann/json_fwd.hpp"}

MAX_LINES = 400
CODE_FOLDERS = ["include", "src", "tests", "bench", "scripts", "docker", "deploy", ".ci"]
CODE_SUFFIXES = {".cpp", ".h", ".py", ".sh"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?P<open>[<"])(?P<name>[^">]+)[">]', re.MULTILINE)

LEVELS = {name: level for level, name, _ in MODULES}
SIDEWAYS = {name: set(allowed) for _, name, allowed in MODULES}


class Checker:
    def __init__(self, root):
        self.root = root
        self.problems = []

    def report(self, path, line, text):
        self.problems.append(f"{path}:{line}: {text}")

    def run(self):
        for folder in CODE_FOLDERS:
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix in CODE_SUFFIXES and path.is_file():
                    self.check_file(path.relative_to(self.root), path.read_text(encoding="utf-8", errors="replace"))
        return self.problems

    def check_file(self, path, text):
        lines = text.count("\n") + (not text.endswith("\n") and text != "")
        if lines > MAX_LINES:
            self.report(path, lines, f"{lines} lines, the limit is {MAX_LINES}; split the file by idea")
        if path.suffix == ".h" and not re.search(r"^#pragma once$", text, re.MULTILINE):
            self.report(path, 1, "no '#pragma once'")
        module = module_of(path)
        if module is None:
            return
        if module not in LEVELS and module != COMPAT:
            self.report(path, 1, f"unknown module '{module}'; give it a row in MODULES of scripts/check_layers.py")
            return
        for match in INCLUDE.finditer(text):
            problem = include_problem(path, module, match["open"], match["name"])
            if problem:
                self.report(path, text.count("\n", 0, match.start()) + 1, problem)


def module_of(path):
    """The module a source file belongs to; None for files outside src/ and include/animalctl/."""
    parts = path.parts
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ("include", "animalctl") and len(parts) > 3:
        return parts[2]
    return None


def include_problem(path, module, bracket, name):
    """Why this include may not stand here, or None."""
    is_public_header = path.parts[0] == "include"
    target = included_module(bracket, name)
    if target is not None:
        if is_public_header and not name.startswith("animalctl/"):
            return f"public header includes the private header '{name}'"
        return order_problem(module, target, name)
    if is_public_header and bracket == "<" and name not in PUBLIC_EXCEPTIONS and not is_standard(name):
        return f"public header includes the third-party header <{name}>; public headers hold plain types"
    for pattern, place in LIBRARIES:
        if re.match(pattern, name) and path.as_posix() != place and not path.as_posix().startswith(place + "/"):
            return f"'{name}' may be included in {place} only"
    return None


def included_module(bracket, name):
    """The module of 'animalctl/<module>/…' or '<module>/…'; None for headers that are not ours."""
    parts = name.split("/")
    if parts[0] == "animalctl" and len(parts) > 2:
        return parts[1]
    if bracket == '"' and len(parts) > 1 and (parts[0] in LEVELS or parts[0] == COMPAT):
        return parts[0]
    return None


def is_standard(name):
    # Headers of the C++ library have neither folder nor suffix.
    return "/" not in name and "." not in name


def order_problem(module, target, name):
    if target == module or target == COMPAT:
        return None
    if target not in LEVELS:
        return f"'{name}': unknown module '{target}'; give it a row in MODULES of scripts/check_layers.py"
    if module == COMPAT:
        return None if target == "base" else f"'{name}': {COMPAT} may include base only"
    if LEVELS[target] < LEVELS[module] or target in SIDEWAYS[module]:
        return None
    direction = "up" if LEVELS[target] > LEVELS[module] else "sideways"
    return f"'{name}': {module} may not include {target}: that goes {direction} in the module order"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=pathlib.Path, nargs="?", default=pathlib.Path(__file__).resolve().parent.parent)
    root = parser.parse_args().root
    if not (root / "src").is_dir():
        print(f"{root} has no src folder; give the root of the project", file=sys.stderr)
        return 2
    problems = Checker(root).run()
    print("\n".join(problems) if problems else "layers: ok")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
