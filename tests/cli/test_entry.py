from commands import Run


def test_threads_that_wait_do_not_spin_unless_asked_to(mobileseg: Run) -> None:
    """As the threads' own library says it, when torch has loaded it."""
    refused = ("export", "seaformer-tiny", "--target", "onnx", "--num-classes", 5)
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in mobileseg(*refused, OMP_DISPLAY_ENV="true").stderr
    chosen = mobileseg(*refused, OMP_DISPLAY_ENV="true", OMP_WAIT_POLICY="ACTIVE")
    assert "OMP_WAIT_POLICY = 'ACTIVE'" in chosen.stderr
