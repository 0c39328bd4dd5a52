"""Section 3.5 of bitstream_spec.md, read literally, one cell at a time; [n] is its section n."""

import itertools

import numpy as np

TAPS = ((), ((-1, -1), (-1, 1), (1, -1), (1, 1)), ((-1, 0), (0, -1), (0, 1), (1, 0)))


def channel_groups(atoms, domains):
    """The groups of channels [3.5]."""
    cuts = [0] + [cut for cut in (3, 12, 36, 108) if cut < atoms] + [atoms, atoms + domains]
    return [range(a, b) for a, b in itertools.pairwise(cuts) if a < b]


def features(q, log):
    """signed(.) of every channel of a group, then size(.), with a border of one cell of zeros [3.5]."""
    size = np.minimum(127, (log[np.minimum(abs(q), 4095)] + 8) >> 4)
    return np.pad(np.concatenate([np.sign(q) * size, size]), ((0, 0), (1, 1), (1, 1)))


def at_level(array, header, levels):
    """X' of an array X with a first axis of levels [3.5]."""
    high = min(header.low + 1, levels - 1)
    return (array[header.low] * (256 - header.part) + array[high] * header.part) >> 8


def network(prior, g, header, levels, p, before, near):
    """The outputs o of the network of group g in one cell [3.5]. before: [k, 3, 3]. near: [k]."""

    def layer(t, multiplier, bias):
        return np.clip((t * prior[f"{g}.{multiplier}"] + (bias << 12) + 2**23) >> 24, 0, 127)

    t = (prior[f"{g}.before"] * before).sum(axis=(1, 2, 3))
    if p > 0:
        t = t + prior[f"{g}.{'diagonal' if p == 1 else 'direct'}"] @ near
    t = layer(t, "first_multiplier", at_level(prior[f"{g}.first_bias"], header, levels)[p])
    t = layer(prior[f"{g}.second"] @ t, "second_multiplier", prior[f"{g}.second_bias"])
    return (prior[f"{g}.out_multiplier"] * (prior[f"{g}.out"] @ t) + 2**15) >> 16


def tables_and_offsets(q, group, g, i, j, p, header, weights, earlier):
    """For each channel of group g, its table and its offset in the cell (i, j) of pass p [3.5]."""
    prior, count = weights.prior, len(group)
    own = features(q[group.start : group.stop], prior["log"])
    near = [own[:, 1 + i + y, 1 + j + x] for y, x in TAPS[p]]
    before = earlier[:, i : i + 3, j : j + 3]
    o = network(prior, g, header, weights.levels, p, before, np.concatenate([own[:0, 0, 0], *near])).tolist()
    inside = [(i + y, j + x) for y, x in TAPS[p] if 0 <= i + y < q.shape[1] and 0 <= j + x < q.shape[2]]
    n = max(1, len(inside))
    bias = at_level(prior["bias"], header, weights.levels)
    result = []
    for k, c in enumerate(group):
        values = [int(q[c, y, x]) for y, x in inside]
        mean = o[k] + sum(values) * int(prior["mean"][p, c]) // n
        e = min(262136, max(-262136, (mean + 64) >> 7))
        offset = (e + 4) >> 3
        fraction = e - 8 * offset
        magnitude = min(4 * sum(abs(value) for value in values) // n, 4095)
        scale = o[count + k] + int(bias[p, c]) + int(prior["weight"][p, c]) * int(prior["log"][magnitude])
        index = min(63, max(0, (scale + 2048) >> 12))
        result.append((8 * index + fraction + 4 if index < 40 else 280 + index, offset))
    return result


def symbols(q, span, header, weights):
    """For every pass, the list of (table, offset, channel, row, column) in its order [3.5]. What a caller decodes
    it puts into q before it asks for the next pass."""
    earlier = np.zeros((0, q.shape[1] + 2, q.shape[2] + 2), np.int64)
    for g, group in enumerate(channel_groups(header.atoms, header.domains)):
        for p in range(3) if group[0] in span else ():
            found = []
            for i, j in np.ndindex(q.shape[1:]):
                if (2 if i % 2 != j % 2 else i % 2) == p:
                    answers = tables_and_offsets(q, group, g, i, j, p, header, weights, earlier)
                    found += [(c, i, j, *answer) for c, answer in zip(group, answers, strict=True)]
            yield [(table, offset, c, i, j) for c, i, j, table, offset in sorted(found)]
        earlier = np.concatenate([earlier, features(q[group.start : group.stop], weights.prior["log"])])
