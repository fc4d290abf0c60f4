"""The three grid worlds of the milestone, as finite MDPs. Given code.

A map is read like a page: S start, G goal, O pit, # wall, . free. Goal and pits are terminal. States are the free
cells, numbered row by row; actions are right, down, left, up. Who would leave the grid or run into a wall stays.
"""

import dataclasses

import numpy as np

from labs.common.translated import N_

ACTIONS = ("right", "down", "left", "up")
MOVES = ((0, 1), (1, 0), (0, -1), (-1, 0))  # (rows, columns) of each action
STEP_REWARD, GOAL_REWARD, PIT_REWARD = -1.0, 10.0, -10.0  # the last two in place of the first
STRAIGHT, ASIDE = 0.7, 0.15  # on a slippery grid: where it should go, and half to the left or right of that


@dataclasses.dataclass(frozen=True)
class Grid:
    """A grid world with the discount it is solved for."""

    title: str
    rows: tuple[str, ...]
    gamma: float
    slippery: bool = False

    @property
    def cells(self) -> list[tuple[int, int]]:
        """(row, column) of each state."""
        return [(i, j) for i, row in enumerate(self.rows) for j, mark in enumerate(row) if mark != "#"]

    def marked(self, mark: str) -> np.ndarray:
        """Which states have this mark on the map."""
        return np.array([self.rows[i][j] == mark for i, j in self.cells])

    @property
    def start(self) -> int:
        return int(self.marked("S").argmax())

    @property
    def terminal(self) -> np.ndarray:
        return self.marked("G") | self.marked("O")

    def outcomes(self, state: int, action: int) -> list[tuple[float, int, float]]:
        """(probability, next state, reward) of everything that an action may lead to. A terminal state stays, for 0."""
        if self.terminal[state]:
            return [(1.0, state, 0.0)]
        down, right = MOVES[action]
        landings = [(1.0, down, right)]
        if self.slippery:
            aside = [(down + right, right + down), (down - right, right - down)]  # "up" slips to up-left, up-right
            landings = [(STRAIGHT, down, right), *((ASIDE, *move) for move in aside)]
        i, j = self.cells[state]
        return [(probability, *self.landing(state, i + di, j + dj)) for probability, di, dj in landings]

    def landing(self, state: int, i: int, j: int) -> tuple[int, float]:
        """The state and the reward of a step from `state` towards the cell (i, j)."""
        if (i, j) not in self.cells:
            return state, STEP_REWARD
        rewards = {"G": GOAL_REWARD, "O": PIT_REWARD}
        return self.cells.index((i, j)), rewards.get(self.rows[i][j], STEP_REWARD)

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """P (S,A,S), R (S,A,S) and rho0 (S,), as the functions of concepts.py take them."""
        n = len(self.cells)
        P, R, rho0 = np.zeros((n, 4, n)), np.zeros((n, 4, n)), np.zeros(n)
        for state in range(n):
            for action in range(4):
                for probability, after, reward in self.outcomes(state, action):
                    P[state, action, after] += probability
                    R[state, action, after] = reward
        rho0[self.start] = 1.0
        return P, R, rho0


GRIDS = {
    "grid3": Grid(N_("the tutorial's 3x3 grid"), ("S..", "...", "..G"), gamma=1.0),
    "grid5": Grid(N_("5x5 with walls"), ("S..#.", ".#...", "...#.", ".#.#.", "...#G"), gamma=0.9),
    "slippery": Grid(
        N_("5x5, slippery, with pits"), ("S...O", ".....", "..O..", ".....", "..O.G"), gamma=0.95, slippery=True
    ),
}
