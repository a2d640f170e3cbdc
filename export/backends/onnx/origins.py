"""Taking out of an ONNX model what its exporter notes about the machine: paths and lines of Python files, in every node."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.message import Message

NOTES = ("doc_string", "metadata_props")  # torch writes pkg.torch.onnx.stack_trace and its kin there


def without_origins(message: Message) -> None:
    """Clear the notes of a model and of everything in it, in place. Neither takes part in what the model computes."""
    for name in NOTES:
        if name in message.DESCRIPTOR.fields_by_name:
            message.ClearField(name)
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for part in value if field.is_repeated else (value,):
                without_origins(part)
