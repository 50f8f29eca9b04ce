"""Writes the dashboards anew."""

from pathlib import Path

from monitoring.dashboards import DASHBOARDS, rendered

FOLDER = Path(__file__).parents[1] / "config/monitoring/dashboards"


def main() -> None:
    """Write each dashboard into its file."""
    for name in DASHBOARDS:
        (FOLDER / f"{name}.json").write_text(rendered(name))


if __name__ == "__main__":
    main()
