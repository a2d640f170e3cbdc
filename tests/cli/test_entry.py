import full_disk
import pytest
from commands import Run


def test_threads_that_wait_do_not_spin_unless_asked_to(mobileseg: Run) -> None:
    """As the threads' own library says it, when torch has loaded it."""
    refused = ("export", "seaformer-tiny", "--target", "onnx", "--num-classes", 5)
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in mobileseg(*refused, OMP_DISPLAY_ENV="true").stderr
    chosen = mobileseg(*refused, OMP_DISPLAY_ENV="true", OMP_WAIT_POLICY="ACTIVE")
    assert "OMP_WAIT_POLICY = 'ACTIVE'" in chosen.stderr


@pytest.mark.parametrize(("room", "kept"), [(1 << 20, False), (-1, True)], ids=["one MiB", "no limit"])
def test_no_half_of_bytecode_is_kept_where_there_is_no_room(room: int, kept: bool) -> None:
    """-1 is RLIM_INFINITY."""
    done = full_disk.run("from mobileseg.cli.entry import room_for_bytecode\nprint(room_for_bytecode())", room)
    assert done.stdout == f"{kept}\n"
