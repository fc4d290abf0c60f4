"""Shows the curves of all labs in TensorBoard, also while training runs: make tensorboard.

Training leaves its curves in runs/curves/ every few seconds. Here they are followed, and written again as TensorBoard's
events, in a folder that lasts as long as TensorBoard. So training needs no library for them.
"""

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tensorboardX

from labs.common.command_line import Parser
from labs.common.translated import _

LABS = Path(__file__).resolve().parents[1]
SECONDS = 2.0  # from one look at the curves to the next
Curves = dict[str, list[tuple[float, float]]]


class Mirror:
    """Event files of the curves that lie in labs/*/runs/curves/, a folder for each run."""

    def __init__(self, labs: Path, out: Path) -> None:
        self.labs, self.out = labs, out
        self.written: dict[Path, tuple[tensorboardX.SummaryWriter, Curves]] = {}

    def update(self) -> int:
        """Writes what is new since the last time; returns how many points that were."""
        count = 0
        for file in sorted(self.labs.glob("lab*_*/runs/curves/*.json")):
            if (curves := read(file)) is not None:
                count += self.write(file, curves)
        return count

    def write(self, file: Path, curves: Curves) -> int:
        writer, before = self.written.get(file, (None, {}))
        if writer is None or any(curves.get(name, [])[: len(points)] != points for name, points in before.items()):
            writer, before = self.begin(file, writer), {}  # it was trained anew
        count = 0
        for name, points in curves.items():
            for x, y in points[len(before.get(name, [])) :]:
                writer.add_scalar(name, y, round(x))
                count += 1
        writer.flush()
        self.written[file] = writer, curves
        return count

    def begin(self, file: Path, old: tensorboardX.SummaryWriter | None) -> tensorboardX.SummaryWriter:
        folder = self.out / file.parents[2].name / file.stem
        if old:
            old.close()
            shutil.rmtree(folder)
        return tensorboardX.SummaryWriter(str(folder))

    def close(self) -> None:
        for writer, _curves in self.written.values():
            writer.close()


def read(file: Path) -> Curves | None:
    """The points of each curve that have a value; None where the file cannot be read: plot.py says more about it."""
    try:
        curves = json.loads(file.read_text(encoding="utf-8"))["curves"]
        return {
            name: [(x, y) for x, y in zip(where, what, strict=True) if y is not None]
            for name, (where, what) in curves.items()
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None


def main() -> int:
    parser = Parser(__doc__)
    parser.add_argument("--port", type=int, default=6006, help=_("on this machine alone (default 6006)"))
    args = parser.parse_args()
    if importlib.util.find_spec("tensorboard") is None:
        print(
            _("TensorBoard is not installed: {python} -m pip install tensorboard").format(python=sys.executable),
            file=sys.stderr,
        )
        return 2
    with tempfile.TemporaryDirectory(prefix="labkit-tensorboard-") as temporary:
        mirror = Mirror(LABS, Path(temporary))
        if not mirror.update():
            print(_("No lab has curves yet. They appear here while you train (make lab3-train in another terminal)."))
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", temporary, "--port", str(args.port)]
        process = subprocess.Popen([*command, "--host", "localhost", "--reload_interval", "2"])
        try:
            while process.poll() is None:
                time.sleep(SECONDS)
                mirror.update()
        except KeyboardInterrupt:
            return 0
        finally:
            process.terminate()
            process.wait()
            mirror.close()
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
