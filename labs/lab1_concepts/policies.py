"""The three kinds of policies as networks, with your functions behind the stochastic ones. Given code, to read and run.

python labs/lab1_concepts/policies.py

All three are the tutorial's network with two hidden layers of 64 tanh units; what differs is what its outputs mean.
"""

import sys
import traceback

import torch

from labs.common.networks import mlp
from labs.common.translated import _

OBSERVATION, ACTIONS, DIMENSIONS = 4, 3, 2  # numbers of an observation, of choices, of an action


@torch.no_grad()
def main() -> None:
    from concepts import categorical_log_prob, categorical_sample, diag_gaussian_log_prob, diag_gaussian_sample

    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    observations = torch.randn(5, OBSERVATION)

    # A deterministic policy: the outputs are the action, a = mu(s).
    network = mlp((OBSERVATION, 64, 64, DIMENSIONS))
    print(_("deterministic, a = mu(s):\n"), network(observations))

    # A categorical policy: the outputs are logits, a ~ softmax(logits).
    network = mlp((OBSERVATION, 64, 64, ACTIONS))
    logits = network(observations)
    actions = categorical_sample(logits, generator=generator)
    print(_("categorical, a:"), actions, _("\n log pi(a|s):"), categorical_log_prob(logits, actions))

    # A diagonal Gaussian policy: the outputs are the mean. Here log_std is a parameter of its own, the same in all
    # states; a network may also give one for each. A logarithm, because it may be any number.
    network = mlp((OBSERVATION, 64, 64, DIMENSIONS))
    log_std = torch.full((DIMENSIONS,), -0.5)
    mu = network(observations)
    a = diag_gaussian_sample(mu, log_std, generator=generator)
    print(_("Gaussian, a:\n"), a, _("\n log pi(a|s):"), diag_gaussian_log_prob(mu, log_std, a))


if __name__ == "__main__":
    try:
        main()
    except NotImplementedError as todo:
        name = traceback.extract_tb(todo.__traceback__)[-1].name
        sys.exit(_("This needs {name}, which is still to do in concepts.py.").format(name=name))
    except Exception as error:
        sys.exit(
            _("concepts.py stopped this: {kind}: {error}. make lab1 says more.").format(
                kind=type(error).__name__, error=error
            )
        )
