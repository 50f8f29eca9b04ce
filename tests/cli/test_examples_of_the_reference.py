"""The examples of docs/reference/cli.md that are about local mode print what the page says."""

from pathlib import Path

from tests.cli.conftest import StartLocal
from tests.harness.console_examples import examples, fits, run

PAGE = Path(__file__).parents[2] / "docs/reference/cli.md"


def test_examples_of_local_mode_print_what_the_page_says(start_local: StartLocal, tmp_path: Path) -> None:
    client = start_local().ready("local")
    origin = f"{client.base_url.scheme}://{client.base_url.netloc.decode()}"
    found = [example for example in examples(PAGE) if not example.in_cluster]
    assert {"env", "cli", "logs", "doctor"} <= {example.section for example in found}
    for example in found:
        printed = run(example.command, tmp_path).replace(origin, "http://127.0.0.1:8080")
        assert fits(example.output, printed), f"{example.section}: $ {example.command}\n{printed}"
