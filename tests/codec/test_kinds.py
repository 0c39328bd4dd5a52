"""Every kind of map behind one face: options that it has no use for are refused, whatever the kind."""

import pytest

import nccodec
from nccodec.codec.kinds import AUTO, KINDS, MAPS, by_map, default_quality, numbered
from nccodec.errors import FormatError, LimitError


@pytest.fixture(name="map", params=MAPS)
def every_map(request):
    return request.param


def options_of(map: str, tiny) -> dict:
    if map == "implicit":
        return {"width": 5, "depth": 1, "steps": 9, "finetune": 2}
    if map == "generative":
        return {"weights": tiny.parent / "generative" / "colour.safetensors"}
    return {} if map == "pifs" else {"weights": tiny}


def test_numbers_and_names_are_each_one_kind():
    for kind in KINDS:
        assert numbered(kind.number) is by_map(kind.map) is kind
    assert len({kind.name for kind in KINDS}) == len({kind.number for kind in KINDS}) == len(KINDS)
    with pytest.raises(FormatError, match="kind of map 15"):
        numbered(15)
    with pytest.raises(LimitError, match="'zip' is unknown"):
        by_map("zip")


def test_a_picture_through_every_map(map, smooth, tiny):
    size = (16, 16) if map == "generative" else (24, 40)  # those weights are for pictures of one size
    picture, options = smooth(*size), options_of(map, tiny)
    weights = options.get("weights")
    data = nccodec.encode(picture, map=map, verify=True, **options)
    assert nccodec.info(data)["kind"] == by_map("collage" if map == AUTO else map).name
    assert data == nccodec.encode(picture, default_quality(map), map=map, **options)
    assert nccodec.decode(data, weights=weights).size == size[::-1]
    nccodec.test(data, weights=weights)


@pytest.mark.parametrize(
    ("map", "option"),
    [("collage", "quadtree"), ("collage", "domains"), ("pifs", "effort"), ("pifs", "weights"), ("pifs", "colour")],
)
def test_options_of_another_map_are_refused(map, option, smooth, tiny):
    with pytest.raises(LimitError, match=f"map '{map}' has no option '{option}', only "):
        nccodec.encode(smooth(8, 8), map=map, **{option: 1})


@pytest.mark.parametrize("packer", ["zip", ""])
def test_packers_that_there_are_not(map, packer, smooth, tiny):
    with pytest.raises(LimitError, match="is unknown: range or fixed"):
        nccodec.encode(smooth(8, 8), packer=packer, map=map, **options_of(map, tiny))


def test_views_of_another_kind_are_refused(smooth, tiny):
    collage = nccodec.encode(smooth(8, 8), weights=tiny)
    partitioned = nccodec.encode(smooth(8, 8), map="pifs")
    with pytest.raises(LimitError, match="smoothing is for partitioned maps"):
        nccodec.decode(collage, smooth=True, weights=tiny)
    with pytest.raises(LimitError, match="no predicted detail"):
        nccodec.decode(partitioned, 2, detail=False)
