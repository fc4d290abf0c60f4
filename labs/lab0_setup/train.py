"""Plays 200 random episodes of CartPole with your functions, and plots their returns: the level that learning has to
beat. Says what this machine runs on, too."""

import platform
import traceback
from pathlib import Path

import gymnasium
import matplotlib
import numpy as np
import torch

from labs.common.plotting import lettering
from labs.common.translated import _
from warmup import moving_average, run_random_episode, set_seed

EPISODES = 200
WINDOW = 20
RUNS = Path(__file__).parent / "runs"


def main() -> None:
    print(
        _("Python {python}, torch {torch}, gymnasium {gymnasium}, {threads} CPU threads, CUDA {cuda}").format(
            python=platform.python_version(),
            torch=torch.__version__,
            gymnasium=gymnasium.__version__,
            threads=torch.get_num_threads(),
            cuda=_("yes") if torch.cuda.is_available() else _("no (none is needed)"),
        )
    )
    set_seed(0)
    env = gymnasium.make("CartPole-v1")
    returns = np.array([run_random_episode(env, seed)["ret"] for seed in range(EPISODES)])
    smooth = moving_average(returns, WINDOW)
    print(
        _("{episodes} random episodes: mean return {mean:.1f}, best {best:.0f} (a solved one: 500)").format(
            episodes=EPISODES, mean=returns.mean(), best=returns.max()
        )
    )
    print(_("drawn in {picture}").format(picture=plot(returns, smooth)))


def plot(returns: np.ndarray, smooth: np.ndarray) -> Path:
    """Draws the returns and their moving average; returns the picture's path."""
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update(lettering())
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(returns, ".", color="0.6", label=_("return of one episode"))
    axes.plot(
        np.arange(WINDOW - 1, len(returns)),
        smooth,
        color="#0072B2",
        label=_("moving average over {window}").format(window=WINDOW),
    )
    axes.set(xlabel=_("episode"), ylabel=_("return"), title=_("CartPole with random actions"))
    axes.legend()
    RUNS.mkdir(exist_ok=True)
    path = RUNS / "random_returns.png"
    figure.savefig(path, dpi=150)
    return path


if __name__ == "__main__":
    try:
        main()
    except NotImplementedError as todo:
        function = traceback.extract_tb(todo.__traceback__)[-1].name
        raise SystemExit(
            _("This needs {function}, which is still to do in warmup.py. make lab0 shows what is open.").format(
                function=function
            )
        ) from None
