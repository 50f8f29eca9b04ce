"""How the examples of a page are read and compared."""

from pathlib import Path

import pytest

from tests.harness.console_examples import Example, examples, fits

_PAGE = """# Page

## one

```console
$ a
out

more
$ b
```

```
$ none
```

### two

```console
$ c
```
"""


def test_examples_are_read_with_their_sections(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(_PAGE)
    assert examples(page) == [Example("one", "a", "out\n\nmore\n"), Example("one", "b", ""), Example("two", "c", "")]


@pytest.mark.parametrize(
    ("expected", "printed", "is_alike"),
    [
        ("a\n", "a\n", True),
        ("a\n", "a", False),
        ("a.b\n", "axb\n", False),
        ("key=...\n", "key=secret value\n", True),
        ("key=...\n", "key=a\nb\n", False),
        ("a\n...\nz\n", "a\nb\nc\nz\n", True),
        ("a\n...\n", "a\n", True),
        ("", "a\n", False),
        ("a\n\nb\n", "a  \n  \nb\n", True),
        (" a\n", "a\n", False),
    ],
)
def test_dots_stand_for_what_differs_each_time(expected: str, printed: str, is_alike: bool) -> None:
    assert fits(expected, printed) is is_alike
