import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from protocol_cases import STRIDE, logits, picture
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

from mobileseg.data.authors import check_possible, prepare, resized
from mobileseg.data.protocols import PROTOCOLS
from mobileseg.errors import ImageError, MissingExtraError
from mobileseg.export.evaluation.method import Answer
from mobileseg.models.spec import HALF, IMAGENET_MEAN, IMAGENET_STD
from mobileseg.postprocess.panoptic import PanopticRules

GOLDENS = sorted((Path(__file__).parent.parent / "golden" / "protocol").glob("*.npz"))
ROW = {"ade20k": "ade20k", "cityscapes": "cityscapes", "cityscapes_half": "cityscapes-half"}


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
class TestGoldens:
    def test_the_resized_picture_equals_mmcvs_to_the_last_bit(self, path: Path) -> None:
        golden = np.load(path)
        pixels = picture(int(golden["height"]), int(golden["width"]), int(golden["seed"]))
        assert hashlib.sha256(pixels.tobytes()).hexdigest() == str(golden["image_sha256"])
        protocol = PROTOCOLS[ROW[path.stem.rpartition("_")[0]]]
        assert protocol.scale == tuple(golden["scale"]) and protocol.multiple == max(int(golden["multiple"]), 1)
        found = resized(pixels, protocol)
        assert np.array_equal(found[::STRIDE, ::STRIDE], golden["resized_rgb_uint8"])
        assert hashlib.sha256(found.tobytes()).hexdigest() == str(golden["resized_sha256"])
        batch, place = prepare(pixels, protocol, IMAGENET_MEAN)
        assert place.size == place.filled.size == tuple(golden["network_shape"])
        network = (batch[0].transpose(1, 2, 0) - IMAGENET_MEAN) / IMAGENET_STD
        assert np.abs(network[::STRIDE, ::STRIDE] - golden["network"]).max() <= 1e-6

    def test_the_class_map_equals_mmsegmentations(self, path: Path) -> None:
        golden = np.load(path)
        pixels = picture(int(golden["height"]), int(golden["width"]), int(golden["seed"]))
        protocol = PROTOCOLS[ROW[path.stem.rpartition("_")[0]]]
        _, place = prepare(pixels, protocol, IMAGENET_MEAN)
        outputs = (logits(tuple(golden["logits_shape"]), int(golden["seed"])),)
        found = Answer(outputs, place, "", False, protocol).classes
        assert found.shape == pixels.shape[:2]
        assert np.array_equal(found[::STRIDE, ::STRIDE], golden["classes_at_labels"])
        assert np.array_equal(np.bincount(found.ravel(), minlength=int(golden["classes"])), golden["class_histogram"])


@pytest.mark.parametrize("name", [name for name, row in PROTOCOLS.items() if row.crop])
@pytest.mark.parametrize("size", [(300, 401), (500, 333), (224, 224), (97, 640)])
def test_the_crop_is_that_of_torchvision(name: str, size: tuple[int, int]) -> None:
    protocol = PROTOCOLS[name]
    assert protocol.shorter is not None and protocol.crop is not None
    mode = InterpolationMode.BICUBIC if "bicubic" in protocol.filter else InterpolationMode.BILINEAR
    pixels = picture(*size, 1)
    wanted = Compose([Resize(protocol.shorter, mode), CenterCrop(protocol.crop)])(Image.fromarray(pixels))
    assert np.array_equal(resized(pixels, protocol), np.asarray(wanted))


def test_a_padded_picture_is_zero_beside_it_inside_the_network() -> None:
    protocol = PROTOCOLS["cityscapes-deeplab2"]
    pixels = picture(1024, 2048, 0)
    batch, place = prepare(pixels, protocol, HALF)
    assert batch.shape == (1, 3, 1025, 2049)
    assert np.array_equal(batch[0, :, :1024, :2048], pixels.transpose(2, 0, 1))
    assert (batch[0, :, 1024:] == 127.5).all() and (batch[0, :, :, 2048:] == 127.5).all()
    assert place.filled == (0, 0, 1024, 2048) and place.seen == (0, 0, 1024, 2048)
    with pytest.raises(ImageError, match="at most 1025x2049") as caught:
        prepare(picture(1200, 1600, 0), protocol, HALF, "large.png")
    assert "large.png with 1200x1600" in caught.value.found


def test_segments_of_a_padded_picture_are_merged_in_the_padded_one() -> None:
    """A stuff area of the picture that is too small alone counts with its part in the padding, as it does in the authors' code."""
    protocol = replace(PROTOCOLS["cityscapes-deeplab2"], pad=(65, 65))
    _, place = prepare(picture(40, 64, 0), protocol, HALF)
    semantic = np.zeros((1, 2, 17, 17), np.float32)
    semantic[0, 1, 10:] = 1  # class 1 begins at row 38 of 65: two rows are in the picture
    outputs = (semantic, np.zeros((1, 1, 17, 17), np.float32), np.zeros((1, 2, 17, 17), np.float32))
    answer = Answer(outputs, place, "", True, protocol)
    labels = answer.instances(PanopticRules(things=(), stuff_area=500))
    assert labels.shape == answer.classes.shape == (40, 64)
    assert np.array_equal(labels // 1000, answer.classes)
    assert set(np.unique(answer.classes)) == {0, 1}


def test_without_opencv_only_its_protocols_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    check_possible(PROTOCOLS["imagenet"])
    with pytest.raises(MissingExtraError, match="opencv"):
        check_possible(PROTOCOLS["ade20k"])
