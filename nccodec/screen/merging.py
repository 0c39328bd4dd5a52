"""Fewer colours before coding: each rare colour becomes a frequent one that is near enough."""

from typing import NamedTuple

import numpy as np

from .code import channels
from .compiled import compiled

_REACH, _POWER = 1.1, -0.4  # distance of colours that are merged, in 1/255, by price
_MOST = 1 << 14  # colours that are looked at, the most frequent


def distance_of(price: float) -> float:
    """Within which colours may be merged, in 1/255, at a price of a squared error in bits."""
    return _REACH * price**_POWER


class Colours(NamedTuple):
    """The colours of a picture. values: int32 [n]. places: int64 [H, W], of each pixel's. counts, edges: int64 [n], how
    many pixels have each, and how many of them repeat neither their left nor their upper neighbour."""

    values: np.ndarray
    places: np.ndarray
    counts: np.ndarray
    edges: np.ndarray


def colours_of(pixels: np.ndarray) -> Colours:
    """pixels: int32 [H, W], see `ScreenCode`."""
    values, places, counts = np.unique(pixels, return_inverse=True, return_counts=True)
    places = places.reshape(pixels.shape)
    new = np.ones(pixels.shape, bool)
    new[:, 1:] &= pixels[:, 1:] != pixels[:, :-1]
    new[1:] &= pixels[1:] != pixels[:-1]
    return Colours(values, places, counts, np.bincount(places[new], minlength=len(values)))


def merged(colours: Colours, grey: bool, price: float) -> np.ndarray:
    """The picture with near colours as one. price: bits that a squared error of one pixel is worth. Returns int32
    [H, W].

    Colours are taken in order of frequency, and become the nearest of those before that is within their distance.
    That is _REACH price^_POWER (the best of 4 screens coded at several prices) for a colour of which no pixel repeats
    its left or upper neighbour, as on soft edges; its square falls with the share of pixels that do, since areas of a
    colour cost few bits, and their errors count.
    """
    order = np.argsort(-colours.counts, kind="stable")[:_MOST]
    values = (
        channels(colours.values[order][None], grey)[0].astype(np.int64).reshape(len(order), -1)
    )  # [colours, channels]
    limits = values.shape[1] * distance_of(price) ** 2 * colours.edges[order] / colours.counts[order]
    becomes = colours.values.copy()
    becomes[order] = colours.values[order][_nearest(values, limits)]
    return becomes[colours.places].astype(np.int32)


@compiled
def _nearest(values, limits):
    """For each colour the nearest of those before that are kept, itself where none is within its limit. values: int64
    [colours, channels]. limits: float64 [colours], of squared distances."""
    kept = np.zeros(len(values), np.int64)
    count = 0
    result = np.zeros(len(values), np.int64)
    for i in range(len(values)):
        best, least = i, limits[i]
        for k in range(count):
            j = kept[k]
            distance = 0
            for c in range(values.shape[1]):
                distance += (values[i, c] - values[j, c]) ** 2
            if distance <= least:
                best, least = j, distance
        result[i] = best
        if best == i:
            kept[count] = i
            count += 1
    return result
