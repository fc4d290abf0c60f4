"""The cliff walk (Sutton & Barto 2018, example 6.6): 4 rows of 12 cells, a cliff between start and goal. Given code.

    . . . . . . . . . . . .      row 0
    . . . . . . . . . . . .      row 1
    . . . . . . . . . . . .      row 2
    S C C C C C C C C C C G      row 3

Every step earns -1, also one against the edge, which leads nowhere. A step into the cliff earns -100 and leads back to
the start; the episode goes on. It ends at the goal. A state is a number, row * columns + column.
"""

import numpy as np

UP, RIGHT, DOWN, LEFT = range(4)
MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))


class CliffWalk:
    """A cliff walk of any size: where one is now, and the model of it as arrays.

    `P` (S, A, S) has the probability of each next state, `R` (S, A, S) the reward on the way; `terminal` (S,) is True
    at the goal.
    """

    def __init__(self, rows: int = 4, columns: int = 12) -> None:
        self.rows, self.columns = rows, columns
        self.states, self.actions = rows * columns, len(MOVES)
        self.start, self.goal = (rows - 1) * columns, rows * columns - 1
        self.cliff = range(self.start + 1, self.goal)
        self.P = np.zeros((self.states, self.actions, self.states))
        self.R = np.zeros((self.states, self.actions, self.states))
        self.terminal = np.arange(self.states) == self.goal
        for s in range(self.states):
            for a in range(self.actions):
                reward, s2 = (0.0, s) if s == self.goal else self._after(s, a)
                self.P[s, a, s2] = 1.0
                self.R[s, a, s2] = reward
        self.state = self.start

    def _after(self, s: int, a: int) -> tuple[float, int]:
        row = min(max(s // self.columns + MOVES[a][0], 0), self.rows - 1)
        column = min(max(s % self.columns + MOVES[a][1], 0), self.columns - 1)
        s2 = row * self.columns + column
        return (-100.0, self.start) if s2 in self.cliff else (-1.0, s2)

    def reset(self, s: int | None = None) -> int:
        """Begin an episode, at the start or in state `s`; returns the state."""
        self.state = self.start if s is None else s
        return self.state

    def step(self, a: int) -> tuple[float, int, bool]:
        """Take action `a`; returns the reward, the next state, and whether the episode terminated."""
        reward, self.state = self._after(self.state, a)
        return reward, self.state, self.state == self.goal
