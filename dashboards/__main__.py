"""``python -m dashboards``: write the files Grafana is provisioned with."""

from pathlib import Path

from dashboards.files import files

if __name__ == "__main__":
    for name, text in files().items():
        path = Path(__file__).parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
