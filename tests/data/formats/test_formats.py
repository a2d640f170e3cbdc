"""Every layout, made small, is recognised and read with the right numbers."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import layouts
import numpy as np
import pytest
from layouts import SIZE, classes_json, picture, save, stripes

from mobileseg.data.class_lists import CLASS_LISTS, class_list
from mobileseg.data.dataset import list_labelled, open_labelled, own_splits
from mobileseg.data.formats.table import FORMATS, format_of
from mobileseg.data.images import read_image
from mobileseg.data.labels import read_labels, read_panoptic
from mobileseg.data.split import open_one, open_split
from mobileseg.errors import DatasetError, UnknownNameError

Writer = Callable[[Path], Path]
DIVISOR, VOID = 1000, 255
IG = 255

# Layout; its format; images in train and val; classes; the labels of the first training image, by columns.
CASES: dict[str, tuple[Writer, str, tuple[int, int], int, tuple[int, ...]]] = {
    "ade20k": (layouts.ade20k, "ade20k", (3, 2), 150, (IG, 0, 149, 1)),
    "ade20k-above": (lambda p: layouts.ade20k(p).parent, "ade20k", (3, 2), 150, (IG, 0, 149, 1)),
    "cityscapes-ids": (layouts.cityscapes, "cityscapes", (2, 2), 19, (0, 1, 18, IG, IG)),
    "cityscapes-train-ids": (partial(layouts.cityscapes, kind="labelTrainIds"), "cityscapes", (2, 2), 19, (0, 1, 18, IG)),
    "voc": (layouts.voc, "voc", (2, 1), 21, (0, 1, IG, 20)),
    "voc-2012": (lambda p: layouts.voc(p) / "VOCdevkit" / "VOC2012", "voc", (2, 1), 21, (0, 1, IG, 20)),
    "camvid": (layouts.camvid, "camvid", (2, 1), 11, (0, 10, 11)),
    "coco-stuff": (layouts.coco_stuff, "coco-stuff", (2, 2), 171, (0, 11, 80, 170, IG)),
    "coco-stuff-mmseg": (partial(layouts.coco_stuff, labels="annotations"), "coco-stuff", (2, 2), 171, (0, 11, 80, 170, IG)),
    "coco-panoptic": (layouts.coco_panoptic, "coco-panoptic", (2, 1), 3, (0, 0, 1, 2, IG, 0)),
    "mmseg": (layouts.mmseg, "mmseg", (2, 2), 3, (0, 1, 2, IG)),
    "nested": (layouts.nested, "folder", (2, 2), 3, (0, 1, 2)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_layout_is_recognised_and_read(case: str, tmp_path: Path) -> None:
    write, name, counts, classes, columns = CASES[case]
    root = write(tmp_path)
    assert format_of(root, None) is format_of(root, name)
    split = open_split(root)
    assert (len(split.train.items), len(split.val.items)) == counts
    assert len(split.train.classes.names) == classes
    first = split.train.items[0]
    assert read_image(first.image).shape == (*SIZE, 3)
    labels = read_labels(first, split.train.classes)
    wide = np.repeat(columns, SIZE[1] // len(columns)) if name == "coco-panoptic" else np.resize(columns, SIZE[1])
    np.testing.assert_array_equal(labels, np.repeat(wide[None], SIZE[0], axis=0))
    assert split.train.classes.ignored == (11 if name == "camvid" else IG)


@pytest.mark.parametrize("case", CASES)
def test_listing_decodes_nothing(case: str, tmp_path: Path) -> None:
    write, _, counts, _, _ = CASES[case]
    root = write(tmp_path)
    for file in root.rglob("*"):
        if file.suffix in (".png", ".jpg"):
            file.write_bytes(b"")
    assert len(list_labelled(root, "train").items) == counts[0]


def test_withheld_labels_are_no_split(tmp_path: Path) -> None:
    assert own_splits(layouts.cityscapes(tmp_path / "c")) == ("train", "val")
    assert own_splits(layouts.voc(tmp_path / "v")) == ("train", "val")
    assert own_splits(layouts.camvid(tmp_path / "s")) == ("train", "val", "test")


def test_images_of_cities_are_paired_across_folders(tmp_path: Path) -> None:
    items = list_labelled(layouts.cityscapes(tmp_path), "train").items
    assert [(i.image.name, i.mask.name if i.mask else "") for i in items] == [
        (f"{city}_000000_000019_leftImg8bit.png", f"{city}_000000_000019_gtFine_labelIds.png")
        for city in ("aachen", "ulm")
    ]


def test_train_ids_come_before_label_ids(tmp_path: Path) -> None:
    layouts.cityscapes(tmp_path, "labelIds")
    layouts.cityscapes(tmp_path, "labelTrainIds")
    data = open_one(tmp_path, "val")
    assert set(np.unique(read_labels(data.items[0], data.classes))) == {0, 1, 18, IG}


class TestPanoptic:
    def test_coco(self, tmp_path: Path) -> None:
        data = open_one(layouts.coco_panoptic(tmp_path), "train")
        assert data.panoptic
        assert data.classes.names == ("person", "car", "sky")  # by the numbers of the categories
        assert data.classes.things == ("person", "car")
        found = read_panoptic(data.items[0], data.classes, DIVISOR, VOID)[0].reshape(6, -1)
        assert (found == found[:, :1]).all()
        one, two, crowd, sky, nothing, again = found[:, 0].tolist()
        assert one == again != two
        assert (one // DIVISOR, two // DIVISOR) == (0, 0)
        assert one % DIVISOR > 0 < two % DIVISOR
        assert sky == 2 * DIVISOR
        assert crowd == nothing == VOID * DIVISOR

    def test_cityscapes(self, tmp_path: Path) -> None:
        root = layouts.cityscapes_panoptic(tmp_path)
        assert not open_one(root, "val").panoptic  # recognised by its masks
        data = open_one(root, "val", data_format="cityscapes-panoptic")
        assert data.classes.names == class_list("cityscapes").names
        labels = read_labels(data.items[0], data.classes)[0].reshape(6, -1)[:, 0]
        assert labels.tolist() == [0, 13, 13, 10, IG, 13]
        found = read_panoptic(data.items[0], data.classes, DIVISOR, VOID)[0].reshape(6, -1)[:, 0]
        assert (found // DIVISOR).tolist() == [0, 13, VOID, 10, VOID, 13]
        assert found[1] != found[5]
        assert [item.image.name[:5] for item in data.items] == ["frank", "linda"]

    def test_images_beside_the_folders_of_labels(self, tmp_path: Path) -> None:
        """The PNG files of the labels have the images' names."""
        layouts.coco_panoptic(tmp_path)
        for split in ("train2017", "val2017"):
            for file in (tmp_path / split).iterdir():
                file.rename(tmp_path / file.name)
            (tmp_path / split).rmdir()
        data = open_one(tmp_path, "train")
        assert [item.image.name for item in data.items] == ["000000000009.jpg", "000000000025.jpg"]
        for file in tmp_path.glob("*.jpg"):
            file.unlink()
        with pytest.raises(DatasetError, match="an image and a PNG for every annotation"):
            open_one(tmp_path, "train")

    def test_segments_that_the_json_does_not_list(self, tmp_path: Path) -> None:
        root = layouts.coco_panoptic(tmp_path)
        file = next((root / "annotations" / "panoptic_val2017").iterdir())
        save(file, layouts.as_colors(layouts.segment_numbers() + 5))
        with pytest.raises(DatasetError, match=r"segments of 000000000139\.png.*305, 70005"):
            open_one(root, "val")

    def test_missing_images(self, tmp_path: Path) -> None:
        root = layouts.coco_panoptic(tmp_path)
        (root / "train2017" / "000000000025.jpg").unlink()
        with pytest.raises(DatasetError, match=r"1 missing of 2: 000000000025; fix: unpack the images"):
            open_one(root, "train")

    def test_the_instances_file_is_no_panoptic_file(self, tmp_path: Path) -> None:
        root = layouts.coco_panoptic(tmp_path)
        (root / "annotations" / "panoptic_val2017.json").write_text(
            '{"annotations": [{"id": 1, "image_id": 9, "bbox": []}]}'
        )
        with pytest.raises(DatasetError, match=r"segments_info.*check that this is the panoptic file"):
            open_one(root, "val")

    def test_a_class_list_that_lacks_a_category(self, tmp_path: Path) -> None:
        root = layouts.coco_panoptic(tmp_path)
        with pytest.raises(DatasetError, match=r"none for 2 of panoptic_val2017.json: car, person"):
            open_one(root, "val", classes=_written(tmp_path, names=["sky", "x"]))


def _written(folder: Path, **fields: object) -> Path:
    classes_json(folder / "own", **fields)
    return folder / "own" / "classes.json"


class TestVoc:
    def test_a_label_map_of_colours(self, tmp_path: Path) -> None:
        """As annotation tools export this layout: RGB masks and labelmap.txt."""
        (tmp_path / "labelmap.txt").write_text(
            "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:10,20,30::\n\n"
        )
        save(tmp_path / "JPEGImages" / "a.jpg", picture(0))
        save(tmp_path / "SegmentationClass" / "a.png", np.array([[0, 0, 0], [10, 20, 30]], np.uint8)[stripes(0, 1)])
        data = open_labelled(tmp_path)
        assert data.classes.names == ("background", "cat")
        np.testing.assert_array_equal(read_labels(data.items[0], data.classes), stripes(0, 1))

    def test_a_broken_label_map(self, tmp_path: Path) -> None:
        root = layouts.voc(tmp_path) / "VOCdevkit" / "VOC2012"
        (root / "labelmap.txt").write_text("cat;1,2,3")
        with pytest.raises(DatasetError, match="name:r,g,b"):
            open_one(root, "val")

    def test_a_name_without_a_file(self, tmp_path: Path) -> None:
        root = layouts.voc(tmp_path)
        (root / "VOCdevkit/VOC2012/SegmentationClass/2007_000039.png").unlink()
        with pytest.raises(DatasetError, match=r"not both for 1 of 2 in .*2007_000039"):
            open_one(root, "train")


class TestChoosing:
    def test_a_root_with_splits_wants_one(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match=r"the splits train, val in .*fix: --split val"):
            open_labelled(layouts.ade20k(tmp_path))
        with pytest.raises(DatasetError, match=r"expected test/ in .*found train, val"):
            open_one(tmp_path, "test")

    def test_unknown_names(self, tmp_path: Path) -> None:
        layouts.mmseg(tmp_path)
        with pytest.raises(UnknownNameError, match="did you mean cityscapes"):
            open_one(tmp_path, "val", data_format="cityscape")
        with pytest.raises(UnknownNameError, match="did you mean ade20k"):
            open_one(tmp_path, "val", classes="ade20")
        with pytest.raises(DatasetError, match=r"Cityscapes in .*leftImg8bit.*only ann_dir, classes\.json, img_dir"):
            open_one(tmp_path, "val", data_format="cityscapes")
        with pytest.raises(DatasetError, match="the data format mmseg alone"):
            open_one(tmp_path, "val", data_format="mmseg:a,b")

    def test_nothing_that_is_known(self, tmp_path: Path) -> None:
        (tmp_path / "pictures").mkdir()
        with pytest.raises(DatasetError, match=r"images/ in .*cityscapes.*only pictures"):
            open_labelled(tmp_path)

    def test_what_records_call_it(self, tmp_path: Path) -> None:
        assert open_one(layouts.ade20k(tmp_path / "a"), "val").title == "ADEChallengeData2016, val split"
        assert open_split(layouts.nested(tmp_path / "n")).train.title == "n, train split"

    def test_a_class_list_by_name(self, tmp_path: Path) -> None:
        for i in range(2):
            save(tmp_path / "img_dir" / "val" / f"{i}.jpg", picture(i))
            save(tmp_path / "ann_dir" / "val" / f"{i}.png", stripes(0, 1, 150))
        with pytest.raises(DatasetError, match=r"classes\.json.*--classes"):
            open_one(tmp_path, "val")
        data = open_one(tmp_path, "val", classes="ade20k")
        np.testing.assert_array_equal(read_labels(data.items[0], data.classes), np.take([IG, 0, 149], stripes(0, 1, 2)))

    @pytest.mark.parametrize(("name", "write"), [("ade20k", layouts.ade20k), ("cityscapes", layouts.cityscapes)])
    def test_the_names_of_a_format_are_read_as_it_writes_them(self, tmp_path: Path, name: str, write: Writer) -> None:
        """A classes.json that only repeats the names says nothing of the masks."""
        root = write(tmp_path)
        before = open_one(root, "val")
        classes_json(root, names=class_list(name).names)
        after = open_one(root, "val")
        for first, second in zip(before.items, after.items, strict=True):
            np.testing.assert_array_equal(read_labels(first, before.classes), read_labels(second, after.classes))

    def test_own_classes_in_a_known_layout(self, tmp_path: Path) -> None:
        root = layouts.ade20k(tmp_path)
        classes_json(root, names=["wall", "rest"], label_map={"0": "ignore", "1": "wall", "*": "rest"})
        data = open_one(root, "val")
        assert set(np.unique(read_labels(data.items[0], data.classes))) == {0, 1, IG}


class TestFolders:
    @pytest.mark.parametrize(
        ("image", "mask"),
        [("_img.jpg", "_mask.png"), (".jpg", "_labels.png"), (".jpg", ".jpg.png"), ("_rgb.png", ".png")],
    )
    def test_names_that_differ_by_a_suffix(self, tmp_path: Path, image: str, mask: str) -> None:
        for i in range(3):
            save(tmp_path / "images" / f"{i}{image}", picture(i))
            save(tmp_path / "masks" / f"{i}{mask}", stripes(0, 1))
        classes_json(tmp_path, names=["a", "b"])
        assert [i.mask.name for i in open_labelled(tmp_path).items if i.mask] == [f"{i}{mask}" for i in range(3)]

    @pytest.mark.parametrize("name", ["labels", "annotations"])
    def test_masks_by_other_names(self, tmp_path: Path, name: str) -> None:
        layouts.nested(tmp_path)
        (tmp_path / "masks").rename(tmp_path / name)
        assert len(open_split(tmp_path).val.items) == 2
        for file in (tmp_path / name).rglob("*.png"):
            file.rename(file.with_suffix(".txt"))  # those of a detector
        with pytest.raises(DatasetError, match="a folder masks/ or instances/"):
            open_split(tmp_path)

    def test_folders_in_folders(self, tmp_path: Path) -> None:
        for place in ("a", "b"):
            save(tmp_path / "images" / place / "1.jpg", picture(1))
            save(tmp_path / "masks" / place / "1.png", stripes(0, 1))
        classes_json(tmp_path, names=["a", "b"])
        assert [str(i.image)[-7:] for i in open_labelled(tmp_path).items] == ["a/1.jpg", "b/1.jpg"]

    def test_links_to_folders_are_followed_once(self, tmp_path: Path) -> None:
        for folder, pixels in (("images", picture(0)), ("masks", stripes(0, 1))):
            save(tmp_path / "elsewhere" / folder / "1.png", pixels)
            (tmp_path / "data" / folder).mkdir(parents=True)
            (tmp_path / "data" / folder / "part").symlink_to(tmp_path / "elsewhere" / folder)
            (tmp_path / "elsewhere" / folder / "loop").symlink_to(tmp_path / "elsewhere" / folder)
        classes_json(tmp_path / "data", names=["a", "b"])
        assert len(open_labelled(tmp_path / "data").items) == 1

    @pytest.mark.parametrize("name", ["validation", "valid"])
    def test_other_names_of_a_split(self, tmp_path: Path, name: str) -> None:
        layouts.nested(tmp_path)
        for kind in ("images", "masks"):
            (tmp_path / kind / "val").rename(tmp_path / kind / name)
        assert len(open_split(tmp_path).val.items) == 2

    def test_mmseg_without_splits(self, tmp_path: Path) -> None:
        assert len(open_labelled(layouts.mmseg(tmp_path, splits=False)).items) == 2


def test_every_format_has_a_reader_and_its_list() -> None:
    for row in FORMATS.values():
        assert {"recognises", "splits", "read"} <= set(dir(row.load()))
        assert row.classes is None or row.classes in CLASS_LISTS
