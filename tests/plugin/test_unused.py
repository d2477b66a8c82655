"""Installed and unused, the plugin costs nothing: standard library and pytest only."""

import os
import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

HEAVY = ("numpy", "hypothesis", "keras", "cv2", "skimage", "jinja2", "psutil", "conformance.")


def loaded(code: str, folder) -> set[str]:
    """Return the modules that are loaded once ``code`` has run in a fresh interpreter."""
    program = f"import sys\n{code}\nsys.stdout.write('MODULES ' + ' '.join(sys.modules))"
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("MODULES ")[2].split())


def test_importing_the_package_imports_the_standard_library_only(tmp_path):
    before = loaded("", tmp_path)
    after = loaded("import conformance", tmp_path)
    others = {name.partition(".")[0] for name in after - before} - sys.stdlib_module_names
    assert others <= {"conformance"}
    assert "conformance.api" not in after


def test_declaring_imports_the_standard_library_only(tmp_path):
    code = "import conformance\nconformance.declare(bind={'x': 'images'})(lambda x: x)"
    others = {name.partition(".")[0] for name in loaded(code, tmp_path) - loaded("", tmp_path)}
    assert others - sys.stdlib_module_names <= {"conformance"}


def test_a_session_without_a_generator_loads_nothing_more(tmp_path):
    (tmp_path / "test_own.py").write_text("def test_own(): pass\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[tool.other]\nx = 1\n", encoding="utf-8")
    run = "import pytest\nif pytest.main(['-q', '-p', 'no:cacheprovider'{}]): sys.exit(1)"
    without = loaded(run.format(""), tmp_path)
    with_plugin = loaded(run.format(", '-p', 'conformance.plugin'"), tmp_path)
    assert with_plugin - without == {"conformance", "conformance.plugin"}
    assert not [name for name in with_plugin if name.startswith(HEAVY) and "plugin" not in name]


def test_the_plugin_is_found_by_its_entry_point(pytester: pytest.Pytester):
    pytester.makepyfile("def test_own(): pass")
    result = pytester.runpytest_subprocess("--trace-config")
    result.stdout.fnmatch_lines(["*keras_generator_conformance*conformance/plugin.py*"])
