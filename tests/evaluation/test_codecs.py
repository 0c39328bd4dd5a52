"""The codecs that are compared: with the settings that are stated, at the sizes that are asked for."""

import pickle
from dataclasses import dataclass

import pytest
from PIL import Image, features

import nccodec
from nccodec.errors import ComparisonError
from nccodec.evaluation.codecs import PEERS, Implicit, Ncl, codec_named
from nccodec.evaluation.curve import measured


@pytest.fixture
def noise():
    return Image.effect_noise((96, 64), 60).convert("RGB")


def frame_header(data: bytes) -> tuple[int, list[int]]:
    """Marker of a JPEG's frame, and the sampling factors of its components, both as in ITU-T T.81, B.2.2."""
    at = 2
    while data[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return data[at + 1], [data[at + 11 + 3 * i] for i in range(data[at + 9])]


def test_jpeg_is_progressive_and_subsampled_below_90(noise):
    encode = PEERS["jpeg"].prepare(noise)
    assert frame_header(encode(85)) == (0xC2, [0x22, 0x11, 0x11])
    assert frame_header(encode(92)) == (0xC2, [0x11, 0x11, 0x11])


def av1_sampling(data: bytes) -> int:
    """The bits of `av1C` that say how an AVIF is sampled: monochrome, halved in x, halved in y (AV1-ISOBMFF, 2.3.3)."""
    return data[data.index(b"av1C") + 6] >> 2 & 7


def test_avif_keeps_all_of_colour_where_its_name_says_so(noise):
    sampled = {name: av1_sampling(PEERS[name].prepare(noise)(60)) for name in PEERS if "avif" in name}
    assert sampled == {"avif": 0b011, "avif444": 0b000, "avif444-s1": 0b000}


@pytest.mark.parametrize("name", PEERS)
def test_every_peer_goes_there_and_back_and_rises_with_its_ladder(name, noise):
    codec = codec_named(name)
    encode = codec.prepare(noise)
    sizes = [len(encode(setting)) for setting in codec.ladder]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1]
    decoded = codec.decode(encode(codec.ladder[-1]))
    assert (decoded.mode, decoded.size) == ("RGB", noise.size)
    assert features.version(codec.libraries[0]) in codec.identity()


@dataclass(frozen=True)
class Stairs(type(PEERS["jpeg"])):
    """A peer whose file at each setting has the bytes that `sizes` says."""

    sizes: tuple[int, ...] = ()

    def prepare(self, picture):
        return lambda setting: b"x" * self.sizes[setting]


@pytest.mark.parametrize(("size", "nearest"), [(1, 10), (14, 10), (16, 20), (33, 20), (36, 50), (50, 50), (999, 80)])
def test_a_peer_is_fitted_by_the_nearest_size(size, nearest, noise):
    codec = Stairs("s", "S", "S", "", (), range(4), dict, (), None, (10, 20, 50, 80))
    assert len(codec.fitted(noise, size)) == nearest


def test_ncl_is_fitted_by_a_target_or_by_the_nearest_end(smooth, tiny, recwarn):
    codec, picture = Ncl("ncl-e0", 0, str(tiny)), smooth(48, 64)
    ends = [len(nccodec.encode(picture, quality, 0, tiny)) for quality in (0, 100)]
    middle = sum(ends) // 2
    assert 0.98 * middle <= len(codec.fitted(picture, middle)) <= middle
    assert [len(codec.fitted(picture, size)) for size in (1, 10**6)] == ends
    assert not recwarn.list


def test_names_give_efforts_weights_and_qualities(tiny):
    codec = codec_named("ncl-e4", str(tiny), [10, 20])
    assert (codec.effort, codec.weights, codec.ladder, codec.title) == (4, str(tiny), (10, 20), "nccodec -e 4")
    assert codec_named("ncl").title == codec_named("ncl-e1").title
    assert (codec_named("ncl-psnr").tune, codec_named("ncl-e4").tune) == ("psnr", "eye")
    codec = codec_named("ncl-e4-psnr", str(tiny))
    assert (codec.name, codec.title) == ("ncl-e4-psnr", "nccodec -e 4 --tune psnr")
    assert codec.identity() != codec_named("ncl-e4", str(tiny)).identity()
    for name in ("ncl-e10", "NCL", "png", ""):
        with pytest.raises(ComparisonError, match=f"codec '{name}' is unknown: ncl, ncl-e0 to ncl-e9, ncl-psnr, "):
            codec_named(name)


def test_what_pillow_lacks_is_said(monkeypatch):
    monkeypatch.setattr(features, "check", lambda name: name != "avif")
    assert codec_named("webp") is PEERS["webp"]
    with pytest.raises(ComparisonError, match=rf"avif: Pillow {Image.__version__} is without it"):
        codec_named("avif")


def test_identities_tell_efforts_and_weights_apart(tiny):
    made = [codec_named("ncl"), codec_named("ncl-e0"), codec_named("ncl", str(tiny)), codec_named("pifs")]
    assert len({codec.identity() for codec in made}) == len(made)


@pytest.mark.parametrize("name", [*PEERS, "ncl", "pifs"])
def test_codecs_can_be_sent_to_another_process(name):
    codec = codec_named(name)
    assert pickle.loads(pickle.dumps(codec)) == codec and hash(codec) is not None


def test_networks_have_minutes_in_their_name(smooth):
    assert [codec_named(name).minutes for name in ("implicit", "implicit-1m", "implicit-45m")] == [2, 1, 45]
    assert codec_named("implicit-45m").title == "nc implicit, 45 min"
    for name in ("implicit-0m", "implicit-100m", "implicit-m", "implicit-"):
        with pytest.raises(ComparisonError, match="is unknown"):
            codec_named(name)
    codec, picture = Implicit("implicit", minutes=0.001), smooth(24, 40)
    data = codec.prepare(picture)(4.0)
    assert len(data) <= 4 * 24 * 40 / 8 and codec.decode(data).size == picture.size
    assert len(codec.fitted(picture, 300)) <= 300
    smallest = codec.fitted(picture, 20)  # for which there is no network
    assert nccodec.info(smallest)["hidden_layers"] == 1 and codec.decode(smallest).size == picture.size
    (row,) = measured(codec, picture, [4.0])
    assert row["bpp"] <= 4 and row["psnr-rgb"] > 5


def test_what_it_is_tuned_for_reaches_the_encoder(tiny):
    picture = Image.effect_noise((64, 48), 60).convert("RGB")
    eye, psnr = (codec_named(name, str(tiny)).prepare(picture)(30) for name in ("ncl", "ncl-psnr"))
    options = {"quality": 30, "weights": tiny, "effort": 1}
    assert eye == nccodec.encode(picture, **options, tune="eye") != psnr
    assert psnr == nccodec.encode(picture, **options, tune="psnr")
    fitted = nccodec.encode(picture, size=len(psnr), weights=tiny, effort=1, tune="psnr")
    assert codec_named("ncl-psnr", str(tiny)).fitted(picture, len(psnr)) == fitted
