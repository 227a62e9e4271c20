"""scripts/check_layers.py sees every kind of violation, and nothing else."""
import pathlib
import subprocess
import sys

import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
CHECK = PROJECT / "scripts" / "check_layers.py"


def run_check(root):
    done = subprocess.run([sys.executable, str(CHECK), str(root)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def add(root, path, text):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.fixture(name="tree")
def good_tree(tmp_path):
    add(tmp_path, "include/animalctl/base/error.h", "#pragma once\n#include <string>\n")
    add(tmp_path, "include/animalctl/dataset/index.h",
        '#pragma once\n#include <nlohmann/json_fwd.hpp>\n#include "animalctl/image/image.h"\n')
    add(tmp_path, "include/animalctl/image/image.h", "#pragma once\n#include <vector>\n")
    add(tmp_path, "include/animalctl/engine/engine.h", '#pragma once\n#include "animalctl/train/config.h"\n')
    add(tmp_path, "src/compat/torch.h", '#pragma once\n#include <torch/torch.h>\n#include "animalctl/base/error.h"\n')
    add(tmp_path, "src/compat/tensor.h", "#pragma once\n#include <ATen/core/Tensor.h>\n")
    add(tmp_path, "src/image/decode.cpp", "#include <opencv2/core.hpp>\n#include <fmt/core.h>\n")
    add(tmp_path, "src/model/model.cpp",
        '#include "compat/torch.h"\n#include "loss/loss_torch.h"\n#include "animalctl/checkpoint/writer.h"\n')
    add(tmp_path, "src/cli/main.cpp", '#include <CLI/CLI.hpp>\n#include "animalctl/engine/engine.h"\n')
    return tmp_path


def test_a_tree_that_keeps_the_order_passes(tree):
    assert run_check(tree) == (0, ["layers: ok"], "")


@pytest.mark.parametrize(("path", "text", "expected"), [
    ("src/base/x.cpp", '#include "animalctl/image/image.h"\n', "base may not include image: that goes up"),
    ("src/image/x.cpp", '\n#include "animalctl/dataset/index.h"\n', "image may not include dataset: that goes sideways"),
    ("src/stats/x.cpp", '#include <animalctl/registry/a.h>\n', "stats may not include registry: that goes sideways"),
    ("src/loss/x.cpp", '#include "model/private.h"\n', "loss may not include model: that goes sideways"),
    ("src/train/x.cpp", '  #  include "animalctl/engine/engine.h"\n', "train may not include engine: that goes up"),
    ("src/serve/x.cpp", '#include "animalctl/label/store.h"\n', "serve may not include label: that goes sideways"),
    ("src/serve/x.cpp", '#include "cli/commands.h"\n', "serve may not include cli: that goes up"),
    ("include/animalctl/base/x.h", '#pragma once\n#include "animalctl/cli/a.h"\n', "base may not include cli"),
    ("src/compat/x.h", '#pragma once\n#include "animalctl/image/image.h"\n', "compat may include base only"),
    ("src/base/x.cpp", '#include "animalctl/typo/a.h"\n', "unknown module 'typo'"),
    ("src/novel/x.cpp", "int x;\n", "unknown module 'novel'"),
    ("src/model/x.cpp", "#include <torch/torch.h>\n", "may be included in src/compat only"),
    ("src/model/x.cpp", "#include <ATen/ATen.h>\n", "may be included in src/compat only"),
    ("src/model/x.cpp", "#include <c10/util/Exception.h>\n", "may be included in src/compat only"),
    ("src/http/x.cpp", "#include <httplib.h>\n", "may be included in src/compat only"),
    ("src/dataset/x.cpp", "#include <opencv2/core.hpp>\n", "may be included in src/image only"),
    ("src/train/x.cpp", "#include <CLI/CLI.hpp>\n", "may be included in src/cli only"),
    ("include/animalctl/image/x.h", "#pragma once\n#include <opencv2/core.hpp>\n", "public header"),
    ("include/animalctl/base/x.h", "#pragma once\n#include <fmt/core.h>\n", "public header"),
    ("include/animalctl/base/x.h", "#pragma once\n#include <nlohmann/json.hpp>\n", "public header"),
    ("include/animalctl/base/x.h", "#pragma once\n#include <spdlog/spdlog.h>\n", "public header"),
    ("include/animalctl/cli/x.h", "#pragma once\n#include <CLI/CLI.hpp>\n", "public header"),
    ("include/animalctl/model/x.h", "#pragma once\n#include <torch/torch.h>\n", "public header"),
    ("include/animalctl/model/x.h", '#pragma once\n#include "model/private.h"\n', "private header"),
    ("include/animalctl/model/x.h", '#pragma once\n#include "compat/torch.h"\n', "private header"),
    ("src/base/x.h", "int x;\n", "no '#pragma once'"),
    ("tests/support/x.h", "int x;\n", "no '#pragma once'"),
    ("src/base/x.cpp", "int x;\n" * 401, "401 lines, the limit is 400"),
    ("src/base/x.cpp", "int x;\n" * 400 + "int y;", "401 lines, the limit is 400"),
    ("tests/e2e/x.py", "x = 1\n" * 401, "401 lines, the limit is 400"),
    ("scripts/x.sh", "true\n" * 401, "401 lines, the limit is 400"),
])
def test_one_violation_is_one_line_with_its_place(tree, path, text, expected):
    add(tree, path, text)
    code, lines, _ = run_check(tree)
    assert code == 1
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"{path}:")
    assert expected in lines[0]


def test_the_line_number_is_that_of_the_include(tree):
    add(tree, "src/base/x.cpp", '#include <vector>\n\n#include "animalctl/cli/a.h"\n')
    _, lines, _ = run_check(tree)
    assert lines[0].startswith("src/base/x.cpp:3: ")


def test_all_violations_are_reported_at_once(tree):
    add(tree, "src/base/x.cpp", '#include "animalctl/cli/a.h"\n#include <torch/torch.h>\n')
    add(tree, "src/base/y.h", "int y;\n")
    code, lines, _ = run_check(tree)
    assert code == 1
    assert len(lines) == 3


def test_files_of_exactly_the_limit_and_generated_folders_pass(tree):
    add(tree, "src/base/x.cpp", "int x;\n" * 400)
    add(tree, "build/x.cpp", "int x;\n" * 1000)
    add(tree, "src/base/notes.txt", "text\n" * 1000)
    assert run_check(tree)[0] == 0


def test_commented_includes_do_not_count(tree):
    add(tree, "src/base/x.cpp", '// #include "animalctl/cli/a.h"\n')
    assert run_check(tree)[0] == 0


def test_a_folder_that_is_no_project_is_refused(tmp_path):
    code, _, error = run_check(tmp_path)
    assert code == 2
    assert "no src folder" in error


def test_this_project_keeps_the_order():
    code, lines, _ = run_check(PROJECT)
    assert code == 0, "\n".join(lines)
