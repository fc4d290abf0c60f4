"""Films of what a trained agent does: GIFs, which editors, notebooks and browsers show, drawn without a screen."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.text import Text

from labs.common.command_line import Parser
from labs.common.errors import CannotUse
from labs.common.lettering import font_file
from labs.common.translated import _

# pygame reads them when gymnasium imports it to draw: it shall neither greet nor look for a screen and a loudspeaker.
DRAWS_UNSEEN = {"PYGAME_HIDE_SUPPORT_PROMPT": "1", "SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}

Picture = Image.Image
Act = Callable[[np.ndarray], Any]  # the action for an observation
WIDTH = 240  # of a picture at least, in pixels
MOST = 250  # pictures of a film: of longer episodes some are left out, evenly
MARGIN = 4
CAPTION = 22  # the height of a caption's line


def play_arguments(doc: str | None, what: str, names: Iterable[str]) -> tuple[list[str], int]:
    """What a play.py is asked for: the names of what shall play, all without the option `what`; and the seed."""
    parser = Parser(doc)
    parser.add_argument(f"--{what}", dest="name", choices=list(names), help=_("default: all that are saved"))
    parser.add_argument("--seed", type=int, default=0, help=_("of the start (default 0)"))
    args = parser.parse_args()
    return [args.name] if args.name else list(names), args.seed


def film_saved(folder: Path, names: Iterable[str], film: Callable[[str, Path, Path], str]) -> int:
    """Films each of these that training saved in the lab's runs/, and says what is to be seen. Returns the exit code.

    `film(name, weights, gif)` writes the film and returns a sentence about it; ValueError where the weights do not fit.
    """
    saved = [name for name in names if (folder / "runs" / f"{name}.safetensors").exists()]
    if not saved:
        print(_("Nothing of it is saved that could play (make {lab}-train).").format(lab=folder.name.partition("_")[0]))
        return 1
    unusable = 0
    for name in saved:
        weights = folder / "runs" / f"{name}.safetensors"
        gif = weights.with_suffix(".gif")
        try:
            sentence = film(name, weights, gif)
        except (ValueError, CannotUse) as error:
            print(_("{file} is not played: {error}").format(file=weights.name, error=error))
            unusable += 1
            continue
        link = Text(f"runs/{gif.name}", style=f"link {gif.as_uri()}")  # to click, where the terminal knows links
        Console(highlight=False, soft_wrap=True).print(Text.assemble(link, _(": {sentence}").format(sentence=sentence)))
    return 1 if unusable else 0


def film_players(make: Callable[[], Any], players: Mapping[str, Act], seed: int, gif: Path) -> str:
    """Films an episode of each player from the same start, side by side, and says what each returned.

    `make` makes an environment of gymnasium's with render_mode="rgb_array". CannotUse where what draws is missing.
    """
    films: dict[str, Sequence[Picture]] = {}
    returns = []
    for name, act in players.items():
        env = make()
        pictures, total = episode(env, act, seed)
        films[_("{name}: {total:.0f}").format(name=name, total=total)] = pictures
        returns.append(f"{name} {total:.0f}")
    save_film(films, gif, env.metadata["render_fps"])
    return _("return {returns}").format(returns=_(", ").join(returns))


def episode(env: Any, act: Act, start: int) -> tuple[list[Picture], float]:
    """The pictures and the return of the episode with the start state of this seed."""
    import gymnasium

    os.environ.update(DRAWS_UNSEEN)
    try:
        observation, _info = env.reset(seed=start)
        pictures, total, done = [shrunk(env.render())], 0.0, False
        while not done:
            observation, reward, terminated, truncated, _info = env.step(act(observation))
            pictures.append(shrunk(env.render()))
            total, done = total + float(reward), terminated or truncated
    except gymnasium.error.DependencyNotInstalled:
        raise CannotUse(_("a film needs pygame, which is not installed: pip install pygame-ce")) from None
    finally:
        env.close()
    return pictures, total


def shrunk(pixels: np.ndarray) -> Picture:
    return Image.fromarray(pixels).reduce(max(1, pixels.shape[1] // WIDTH))


def save_film(films: Mapping[str, Sequence[Picture]], gif: Path, per_second: float) -> None:
    """Writes films side by side, each under its caption, whole or not at all. One that has ended keeps its last
    picture, and the last of all stays for a second."""
    longest = max(map(len, films.values()))
    every = -(-longest // MOST)
    shown = [*range(0, longest - 1, every), longest - 1]
    rows = [row({name: film[min(number, len(film) - 1)] for name, film in films.items()}) for number in shown]
    colours = rows[0].quantize(64)
    rows = [picture.quantize(palette=colours, dither=Image.Dither.NONE) for picture in rows]
    durations = [round(1000 * every / per_second)] * (len(rows) - 1) + [1000]
    unfinished = gif.with_name(gif.name + ".part")
    rows[0].save(unfinished, format="GIF", save_all=True, append_images=rows[1:], duration=durations, loop=0)
    os.replace(unfinished, gif)


def caption_font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    file = font_file()
    return ImageFont.truetype(file, 13) if file else ImageFont.load_default(13)


def row(pictures: Mapping[str, Picture]) -> Picture:
    """Pictures side by side, each under its name."""
    width = sum(picture.width + MARGIN for picture in pictures.values()) - MARGIN
    whole = Image.new("RGB", (width, CAPTION + max(picture.height for picture in pictures.values())), "white")
    pen, font, x = ImageDraw.Draw(whole), caption_font(), 0
    for caption, picture in pictures.items():
        pen.text((x + MARGIN, MARGIN), caption, fill="black", font=font)
        whole.paste(picture, (x, CAPTION))
        x += picture.width + MARGIN
    return whole
