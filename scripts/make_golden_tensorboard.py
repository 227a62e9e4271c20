#!/usr/bin/env python3
"""Writes tests/golden/report/scalars.tfevents: an event file as TensorFlow's writer makes it.

Run by hand with Debian's python3-protobuf; the output is committed. Google's protobuf library encodes the messages
from the field numbers of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto; the framing is
that of tensorflow/core/lib/io/record_writer.cc with the CRC-32C computed bit by bit.
"""
import pathlib
import struct

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "report" / "scalars.tfevents"
Field = descriptor_pb2.FieldDescriptorProto


def event_class():
    file = descriptor_pb2.FileDescriptorProto(name="event.proto", package="golden", syntax="proto3")
    value = file.message_type.add(name="Value")
    value.field.add(name="tag", number=1, type=Field.TYPE_STRING, label=Field.LABEL_OPTIONAL)
    value.oneof_decl.add(name="value")
    value.field.add(name="simple_value", number=2, type=Field.TYPE_FLOAT, label=Field.LABEL_OPTIONAL, oneof_index=0)
    summary = file.message_type.add(name="Summary")
    summary.field.add(name="value", number=1, type=Field.TYPE_MESSAGE, type_name=".golden.Value",
                      label=Field.LABEL_REPEATED)
    event = file.message_type.add(name="Event")
    event.field.add(name="wall_time", number=1, type=Field.TYPE_DOUBLE, label=Field.LABEL_OPTIONAL)
    event.field.add(name="step", number=2, type=Field.TYPE_INT64, label=Field.LABEL_OPTIONAL)
    event.oneof_decl.add(name="what")
    event.field.add(name="file_version", number=3, type=Field.TYPE_STRING, label=Field.LABEL_OPTIONAL, oneof_index=0)
    event.field.add(name="summary", number=5, type=Field.TYPE_MESSAGE, type_name=".golden.Summary",
                    label=Field.LABEL_OPTIONAL, oneof_index=0)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("golden.Event"))


def masked_crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(data):
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc32c(length)) + data + struct.pack("<I", masked_crc32c(data))


def main():
    event = event_class()
    messages = [event(wall_time=1700000000.25, file_version="brain.Event:2")]
    for step in (0, 1, 200, 1 << 40):
        for tag, value in (("loss/train", 0.5 / (step + 1)), ("größe/猫" * 20, float("nan") if step == 1 else -3.25)):
            message = event(wall_time=1700000001.5 + step, step=step)
            message.summary.value.add(tag=tag, simple_value=value)
            messages.append(message)
    # The crc of the documentation's example: RFC 3720 appendix B.4, 32 bytes of zeros.
    assert masked_crc32c(bytes(32)) == ((0x8A9136AA >> 15 | 0x8A9136AA << 17) + 0xA282EAD8) & 0xFFFFFFFF
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    GOLDEN.write_bytes(b"".join(record(message.SerializeToString(deterministic=True)) for message in messages))
    print("written to tests/golden/report/scalars.tfevents")


if __name__ == "__main__":
    main()
