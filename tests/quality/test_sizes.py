"""Modules, templates and styles stay short enough to be read at once."""

from tests.quality.files import files, modules, name

MODULE_LINES = 250
PAGE_LINES = 120
STYLES_LINES = 700


def _lines(path):
    return len(path.read_text().splitlines())


def _too_long(paths, limit):
    return {name(path): lines for path in paths if (lines := _lines(path)) > limit}


def test_no_module_is_longer_than_250_lines():
    assert _too_long([path for path in modules() if not name(path).startswith("tests/")], MODULE_LINES) == {}


def test_no_template_style_or_script_is_longer_than_120_lines():
    ours = [path for path in files("*.html", "*.css", "*.js") if "vendor" not in path.parts]
    assert _too_long(ours, PAGE_LINES) == {}


def test_all_styles_together_are_at_most_700_lines():
    assert sum(_lines(path) for path in files("*.css")) <= STYLES_LINES
