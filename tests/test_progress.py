from mobileseg.progress import count, listen, track


def test_nobody_listens_unless_asked_to() -> None:
    count("work", 1, 2)


def test_what_is_counted_is_heard_inside_the_block_only() -> None:
    heard: list[tuple[object, ...]] = []
    with listen(lambda *said: heard.append(said)):
        assert list(track(["a", "b"], "compare", "images")) == ["a", "b"]
        count("download", 5, None, "B")
    count("download", 6, None, "B")
    assert heard == [
        ("compare", 0, 2, "images"),
        ("compare", 1, 2, "images"),
        ("compare", 2, 2, "images"),
        ("download", 5, None, "B"),
    ]
