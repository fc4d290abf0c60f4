"""What is checked in lab 3: probes with their public cases. The hidden cases are drawn anew for each grading run."""

import torch
from torch import tensor

from grader.checks import Wrong, check
from grader.checks.devices import on_its_device
from grader.checks.draws import BY_ACTION, drawn_by_action, draws_by_action
from grader.checks.growth import RESULT, in_proportion, timed
from grader.checks.probes import array, mapping, raised_by, value_and_gradients, value_without_gradient
from grader.codes import THE_ACTIONS

# --- 3.1 reward_to_go -------------------------------------------------------------------------------------------------


@check("reward_to_go", points=4, exact_dtype=True)
def every_step(lab, rewards, gamma):
    """G_t for every step of one episode."""
    return lab.reward_to_go(rewards, gamma)


every_step.case("three steps", rewards=[1, 2, 3], gamma=0.5)
every_step.case("a late reward", rewards=[0.0, 0.0, 1.0], gamma=0.9)
every_step.case("no future", rewards=[1.0, -2.0, 3.0, 4.0], gamma=0.0)


@check("reward_to_go", points=1, seconds=5, verify=in_proportion, compared=RESULT, needs=every_step)
def long_episode(lab, length, gamma):
    """20,000 rewards: the time grows in proportion to the length, not to its square."""
    rewards = [1.0, 0.0, -0.5, 2.0, 0.25] * (length // 5)
    return timed(lambda steps: lab.reward_to_go(rewards[:steps], gamma)[:: length // 8], length)


long_episode.case("20,000 rewards", length=20_000, gamma=0.99)

# --- 3.2 batch_reward_to_go -------------------------------------------------------------------------------------------


@check("batch_reward_to_go", points=6)
def several_episodes(lab, rewards, dones, gamma):
    """G_t over episodes laid end to end; none sees the next one's rewards."""
    return lab.batch_reward_to_go(rewards, dones, gamma)


TWO_EPISODES = tensor([False, False, True, False, True])
several_episodes.case(
    "episodes of 3 and 2 steps", rewards=tensor([1.0, 2.0, 3.0, 10.0, 20.0]), dones=TWO_EPISODES, gamma=0.5
)
several_episodes.case(
    "the last episode unfinished",
    rewards=tensor([1.0, 2.0, 4.0, 8.0]),
    dones=tensor([False, True, False, False]),
    gamma=0.9,
)


@check("batch_reward_to_go", points=1)
def constant_returns(lab, rewards, dones, gamma):
    """The returns are constants, also where a reward carries a graph."""
    return value_without_gradient(lambda rewards: lab.batch_reward_to_go(rewards, dones, gamma), rewards)


BOOTSTRAPPED = dict(rewards=tensor([1.0, 2.0, 3.0, 10.0, 20.0]), dones=TWO_EPISODES, gamma=0.5)
constant_returns.case("episodes of 3 and 2 steps", **BOOTSTRAPPED)

several_episodes_device = on_its_device(several_episodes)

# --- 3.3 get_action ---------------------------------------------------------------------------------------------------


@check("get_action", points=1.5, seconds=1, verify=drawn_by_action, compared=BY_ACTION)
def frequencies(lab, probabilities, shift, count, seed):
    """Actions come up as often as the policy says, each with its own log-probability."""
    logits = torch.log(tensor(probabilities)) + shift  # a softmax does not see the shift
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + 1)  # what ignores the generator answers alike each time, and is known by it
        return draws_by_action(lab.get_action, logits.repeat(count, 1), seed)


frequencies.case("left, straight on, right", probabilities=[0.2, 0.5, 0.3], shift=0.0, count=500, seed=3)
frequencies.case("logits that are no log-probabilities", probabilities=[0.75, 0.25], shift=3.0, count=500, seed=4)


@check("get_action", points=2)
def certain_choices(lab, logits):
    """Where the logits leave no choice (as large as 200): the action, a finite log-probability, a finite gradient."""
    return value_and_gradients(lab.get_action, logits)


certain_choices.case("three rows", logits=tensor([[-200.0, 200.0, 0.0], [200.0, -200.0, 0.0], [0.0, 1.0, 200.0]]))
certain_choices.case("a batch of one", logits=tensor([[-200.0, 200.0]]))


def _from_the_global_state(value, **_case):
    facts = mapping(value, "first", "next", "again")
    first, later, again = (array(facts[name], THE_ACTIONS(), ("int64",)).tolist() for name in facts)
    if first == later:
        raise Wrong("lab3_always_the_same")
    if first != again:
        raise Wrong("lab3_not_the_global_state")


@check("get_action", points=0.5, verify=_from_the_global_state, needs=frequencies)
def without_a_generator(lab, logits, seed):
    """Without a generator torch's global random state is the source."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first, later = lab.get_action(logits)[0], lab.get_action(logits)[0]
        torch.manual_seed(seed)
        return {"first": first, "next": later, "again": lab.get_action(logits)[0]}


without_a_generator.case("100 rows", logits=tensor([[0.5, -0.5]]).repeat(100, 1), seed=5)

get_action_device = on_its_device(certain_choices, needs=frequencies)

# --- 3.4 pg_loss ------------------------------------------------------------------------------------------------------


@check("pg_loss", points=3)
def one_episode(lab, logp, weights):
    """The loss of one episode, and its gradient: to logp, and to nothing else."""
    return value_and_gradients(lab.pg_loss, logp, weights)


ACTION_LOGP = tensor([-0.5, -1.2, -0.1])
one_episode.case("a return of 100 on one step", logp=torch.log(tensor([0.4186])), weights=tensor([100.0]))
one_episode.case("three steps", logp=ACTION_LOGP, weights=tensor([2.75, 3.5, 3.0]))
one_episode.case("weights of both signs", logp=ACTION_LOGP, weights=tensor([1.0, -2.0, 0.5]))


@check("pg_loss", points=3)
def several_episodes_loss(lab, logp, weights, n_episodes):
    """pg_loss_batch: the mean over episodes, however long each is."""
    return value_and_gradients(lambda *tensors: lab.pg_loss_batch(*tensors, n_episodes), logp, weights)


several_episodes_loss.case(
    "five steps of two episodes",
    logp=tensor([-0.5, -1.2, -0.1, -0.7, -0.3]),
    weights=tensor([2.75, 3.5, 3.0, -1.0, 4.0]),
    n_episodes=2,
)

pg_loss_device = on_its_device(one_episode, several_episodes_loss)

# --- 3.5 total_return_weights -----------------------------------------------------------------------------------------


@check("total_return_weights", points=4)
def whole_returns(lab, rewards, dones, gamma):
    """G(tau) of its own episode at every step."""
    return lab.total_return_weights(rewards, dones, gamma)


whole_returns.case(
    "episodes of 3 and 2 steps", rewards=tensor([1.0, 2.0, 3.0, 10.0, 20.0]), dones=TWO_EPISODES, gamma=0.5
)
whole_returns.case(
    "the last episode unfinished",
    rewards=tensor([1.0, 2.0, 4.0, 8.0]),
    dones=tensor([False, True, False, False]),
    gamma=0.9,
)


@check("total_return_weights", points=1)
def constant_weights(lab, rewards, dones, gamma):
    """The weights are constants, also where a reward carries a graph."""
    return value_without_gradient(lambda rewards: lab.total_return_weights(rewards, dones, gamma), rewards)


constant_weights.case("episodes of 3 and 2 steps", **BOOTSTRAPPED)

whole_returns_device = on_its_device(whole_returns)

# --- 3.6 exact_gradients ----------------------------------------------------------------------------------------------


@check("exact_gradients", points=6, exact_dtype=True, tolerance=(1e-10, 1e-10), seconds=4)
def four_gradients(lab, theta, gamma):
    """The gradient of J and the three expected estimates, in float64."""
    return value_without_gradient(lambda theta: lab.exact_gradients(theta, gamma), theta, to=[])


THETA = tensor([[0.3, -0.2], [0.1, 0.4], [-0.5, 0.2]], dtype=torch.float64)
four_gradients.case("the handout's theta", theta=THETA, gamma=0.9)
four_gradients.case("logits in float32", theta=tensor([[0.7, -0.4], [1.1, 0.3], [-0.2, 0.6]]), gamma=0.7)

# --- 3.7 baseline_advantages, value_loss ------------------------------------------------------------------------------


@check("baseline_advantages", points=2)
def advantages(lab, G, v):
    """G - V, as a constant: no gradient reaches the value network."""
    return value_without_gradient(lab.baseline_advantages, G, v, to=[2])


advantages.case("the exam scores", G=tensor([90.0, 40.0, 50.0]), v=tensor([82.0, 46.0, 49.0]))


@check("baseline_advantages", points=2)
def critic_loss(lab, v, G):
    """value_loss: the mean squared error, and its gradient to v alone."""
    return value_and_gradients(lab.value_loss, v, G)


critic_loss.case("the exam scores", v=tensor([82.0, 46.0, 49.0]), G=tensor([90.0, 40.0, 50.0]))


@check("baseline_advantages", points=3, needs=critic_loss)
def shapes_must_agree(lab, pairs):
    """Other shapes raise ValueError, those that would broadcast as well."""
    found = {}
    for one, other in pairs:
        first, second = torch.ones(one), torch.ones(other)
        found[f"{tuple(one)} and {tuple(other)}"] = {
            "baseline_advantages": raised_by(lab.baseline_advantages, first, second),
            "value_loss": raised_by(lab.value_loss, first, second),
        }
    return found


shapes_must_agree.case("a column and a row", pairs=[[(3,), (3, 1)], [(3, 1), (3,)], [(3,), (3,)]])
shapes_must_agree.case("one number for several", pairs=[[(3,), (1,)], [(1,), (3,)], [(1,), (1,)]])

baseline_device = on_its_device(advantages, critic_loss)

# --- 3.8 td_target ----------------------------------------------------------------------------------------------------


@check("td_target", points=7)
def one_step_target(lab, r, v_next, terminated, gamma):
    """R + gamma V(next), nothing after a termination, and a constant."""
    return value_without_gradient(lambda v: lab.td_target(r, v, terminated, gamma), v_next)


MIXED = dict(
    r=tensor([1.0, 0.5, -2.0, 1.0]),
    v_next=tensor([3.0, 7.0, 0.25, -4.0]),
    terminated=tensor([False, True, False, True]),
    gamma=0.9,
)
one_step_target.case("two of four terminated", **MIXED)
one_step_target.case("cut by the time limit: not terminated", **{**MIXED, "terminated": torch.zeros(4).bool()})

td_target_device = on_its_device(one_step_target)

# --- 3.9 actor_critic_losses ------------------------------------------------------------------------------------------


@check("actor_critic_losses", points=8)
def both_losses(lab, logp, v, v_next, r, terminated, gamma):
    """Both losses with their gradients: the actor's to logp alone, the critic's to v alone."""
    return value_and_gradients(lab.actor_critic_losses, logp, v, v_next, r, terminated, gamma, to=[1, 2, 3])


both_losses.case(
    "one of three terminated",
    logp=ACTION_LOGP,
    v=tensor([2.0, 1.0, -0.5]),
    v_next=tensor([1.5, 4.0, 0.75]),
    r=tensor([1.0, 0.5, -1.0]),
    terminated=tensor([False, True, False]),
    gamma=0.9,
)
both_losses.case(
    "large surprises",
    logp=ACTION_LOGP,
    v=tensor([-4.0, 3.0, 0.5]),
    v_next=tensor([2.0, 6.0, -8.0]),
    r=tensor([1.0, -2.0, 0.25]),
    terminated=tensor([False, True, False]),
    gamma=0.5,
)


@check("actor_critic_losses", points=3)
def a_split(lab, steps, step_size, reward):
    """On the A-split the critic's loss finds V(A), V(B), V(C) = 1/2, 1, 0 times what B pays."""
    # A leads to B or C, each once, without reward; B ends with the reward, C with 0.
    state, after = tensor([0, 0, 1, 2]), tensor([1, 2, 0, 0])
    r, terminated = tensor([0.0, 0.0, reward, 0.0]), tensor([False, False, True, True])
    v = torch.zeros(3, requires_grad=True)
    for _ in range(steps):
        _, loss = lab.actor_critic_losses(torch.zeros(4), v[state], v[after], r, terminated, 1.0)
        [gradient] = torch.autograd.grad(loss, v)
        v = (v - step_size * gradient).detach().requires_grad_()
    return v.detach()


a_split.case("20 sweeps", steps=20, step_size=1.5, reward=1.0)
a_split.case("B pays 6", steps=20, step_size=1.2, reward=6.0)

actor_critic_device = on_its_device(both_losses)
