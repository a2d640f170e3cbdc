from dataclasses import replace

import pytest

import mobileseg
from mobileseg.errors import RequestError, SizeError
from mobileseg.models.axial.attention import AxialAttention
from mobileseg.models.checks import check_size
from mobileseg.models.factory import spec_of, stretch_tables


def test_tables_are_stretched_on_request_and_the_model_says_so() -> None:
    model = mobileseg.create_model("axial-deeplab-s", num_classes=2)
    bounded = replace(spec_of(model), largest=128, resample="mobileseg.models.axial.attention:resample_tables")
    model.mobileseg_spec = bounded  # type: ignore[assignment]  # a plain attribute of models made here
    before = [layer.length for layer in model.modules() if isinstance(layer, AxialAttention)]
    with pytest.raises(SizeError, match=r"from 16 to 128, which the position tables of axial-deeplab-s reach"):
        check_size(spec_of(model), 192, 128)
    assert stretch_tables(model, 192, 128) == 1.5
    after = [layer.length for layer in model.modules() if isinstance(layer, AxialAttention)]
    assert after == [round(1.5 * length) for length in before]
    assert "resampled" in spec_of(model).note
    check_size(spec_of(model), 192, 128)


@pytest.mark.parametrize("name", ["seaformer-tiny", "axial-deeplab-s"])
def test_tables_that_do_not_limit_the_size_are_not_stretched(name: str) -> None:
    with pytest.raises(RequestError, match=r"--resample-tables.*do not limit the size"):
        stretch_tables(mobileseg.create_model(name, num_classes=2), 512, 512)
