import pickle

import pytest

from mobileseg.errors import DatasetError, MissingExtraError, MobilesegError, UnknownOperationError


@pytest.mark.parametrize(
    "error",
    [
        DatasetError(expected="a mask", found="none", fix="add it"),
        MissingExtraError(purpose="training", package="torch", extra="train"),
        UnknownOperationError.of("softmax"),
    ],
)
def test_errors_come_back_from_other_processes(error: MobilesegError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
