"""Dividing places into groups of wanted sizes that hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from gisgrid.columns import Floats, Ints

_ROUNDS = 40
_EVENINGS = 50


def nearest(xy: Floats, centre: Floats, weight: Floats) -> Ints:
    """The centre of each place by power distance (squared distance - weight)."""
    flat = xy @ (-2 * centre.T)
    flat += (centre**2).sum(axis=1) - weight
    found: Ints = flat.argmin(axis=1)
    return found


def balanced(
    xy: Floats,
    mass: Floats,
    wanted: Floats,
    centre: Floats,
    *,
    fixed: npt.NDArray[np.bool_] | None = None,
    rounds: int = _ROUNDS,
) -> tuple[Ints, Floats, Floats]:
    """Divide places so that group k has about the share wanted[k] of the mass.

    xy: (n, 2) metres; mass: of each place; centre: (k, 2) first centres, moved to the middle of
    their group's mass unless `fixed`. Returns the group of each place, the centres and weights: a
    power diagram whose weights are raised where a group is too light.
    """
    wanted = wanted / wanted.sum() * mass.sum()
    weight = np.zeros(len(centre))
    centre = centre.copy()
    moving = np.ones(len(centre), bool) if fixed is None else ~fixed
    best, found = np.inf, (np.zeros(len(xy), int), centre, weight)
    for turn in range(rounds):
        group = nearest(xy, centre, weight)
        have = np.bincount(group, mass, len(centre))
        miss = float((((have - wanted) / wanted) ** 2).sum())
        if turn > rounds * 2 // 3 and miss < best:
            best, found = miss, (group, centre.copy(), weight.copy())
        middle = np.stack([np.bincount(group, mass * axis, len(centre)) for axis in xy.T], axis=1)
        filled = have > 0
        spread = np.bincount(group, mass * ((xy - centre[group]) ** 2).sum(axis=1), len(centre))
        reach = np.where(filled, spread / np.maximum(have, 1e-9), spread.sum() / mass.sum())
        if turn < rounds * 2 // 3:
            at = moving & filled
            centre[at] = middle[at] / have[at, None]
        step = 0.8 - 0.6 * turn / rounds
        weight += step * np.clip(1 - have / wanted, -1, 1) * np.maximum(reach, 1.0)
    return found


def scattered(rng: np.random.Generator, xy: Floats, mass: Floats, count: int) -> Floats:
    """`count` of the places, apart from each other (k-means++ seeding by mass)."""
    first = rng.choice(len(xy), p=mass / mass.sum())
    chosen = [first]
    far = ((xy - xy[first]) ** 2).sum(axis=1)
    for _ in range(count - 1):
        pull = mass * far
        pull = pull if pull.sum() > 0 else np.ones(len(xy))
        chosen.append(int(rng.choice(len(xy), p=pull / pull.sum())))
        far = np.minimum(far, ((xy - xy[chosen[-1]]) ** 2).sum(axis=1))
    return xy[chosen]


def connected(one: Ints, other: Ints, group: Ints) -> Ints:
    """A number for each place, equal for places of one group that hang together.

    one, other: neighbouring places.
    """
    same = group[one] == group[other]
    one, other = one[same], other[same]
    number = np.arange(len(group))
    while True:
        before = number.copy()
        low = np.minimum(number[one], number[other])
        np.minimum.at(number, one, low)
        np.minimum.at(number, other, low)
        number = number[number]
        if np.array_equal(before, number):
            return number


def mended(edges: tuple[Ints, Ints, Floats], group: Ints, parent: Ints, mass: Floats) -> Ints:
    """Groups that hang together: a detached part goes to the neighbour with the longest border.

    edges: one, other, length of common borders. parent: a part stays within its parent.
    """
    one, other, length = edges
    group = group.copy()
    for _ in range(20):
        part = connected(one, other, group)
        weight = np.bincount(part, mass + 1e-6, len(group))
        # The heaviest part of each group stays.
        order = np.lexsort((-weight[part], group))
        heads = order[np.append(True, np.diff(group[order]) > 0)]
        home = np.full(int(group.max()) + 1, -1)
        home[group[heads]] = part[heads]
        stray = part != home[group]
        if not stray.any():
            return group
        near = np.concatenate([one, other]), np.concatenate([other, one])
        of, to = near
        usable = stray[of] & ~stray[to] & (parent[of] == parent[to])
        span = np.concatenate([length, length])[usable]
        pair = part[of[usable]].astype(np.int64) * (int(group.max()) + 1) + group[to[usable]]
        pairs, which = np.unique(pair, return_inverse=True)
        border = np.bincount(which, span)
        best = np.argsort(border, kind="stable")
        goal = np.full(len(group), -1)
        goal[pairs[best] // (int(group.max()) + 1)] = pairs[best] % (int(group.max()) + 1)
        moves = stray & (goal[part] >= 0)
        group[moves] = goal[part[moves]]
    return group


def evened(edges: tuple[Ints, Ints], group: Ints, parent: Ints, mass: Ints, wanted: Floats) -> Ints:
    """Groups nearer to the wanted mass: places at a border change sides, one by one.

    edges: neighbouring places. wanted: of each group. A place moves only within its parent and
    where it holds nothing together; groups that hung together still do.
    """
    group = group.copy()
    of, to = np.concatenate(edges), np.concatenate(edges[::-1])
    kin = (parent[of] == parent[to]) & (mass[of] > 0)
    of, to = of[kin], to[kin]
    beside = _neighbours(len(group), edges)
    for _ in range(_EVENINGS):
        load = np.bincount(group, mass, len(wanted)) - wanted
        gain = mass[of] * (load[group[of]] - load[group[to]] - mass[of])
        gain[group[of] == group[to]] = 0
        order = np.argsort(-gain, kind="stable")
        busy: set[int] = set()
        for i in order[: np.count_nonzero(gain > 0)]:
            here, there = int(group[of[i]]), int(group[to[i]])
            if here in busy or there in busy or not _loose(int(of[i]), group, beside):
                continue
            busy |= {here, there}
            group[of[i]] = there
        if not busy:
            break
    return group


def _neighbours(count: int, edges: tuple[Ints, Ints]) -> list[set[int]]:
    beside: list[set[int]] = [set() for _ in range(count)]
    for a, b in zip(*(side.tolist() for side in edges), strict=True):
        beside[a].add(b)
        beside[b].add(a)
    return beside


def _loose(place: int, group: Ints, beside: list[set[int]]) -> bool:
    """Whether the neighbours of a place that are of its group hang together without it."""
    kin = {n for n in beside[place] if group[n] == group[place]}
    if not kin:
        return False  # the last place of its group stays
    reached = {kin.pop()}
    front = list(reached)
    while front and kin:
        near = beside[front.pop()] & kin
        kin -= near
        front += near
    return not kin
