"""Bytes as damage or malice leaves them."""

import random
from collections.abc import Callable

_NASTY = (b"\0", b"\xff\xff\xff\xff", b"\x1b[2J", b"../../", b"-1", b"1e999", b"9" * 400, b"[" * 5000, b"\xed\xa0\x80")


def _flipped(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 5, 30))):
        data[chance.randrange(len(data))] = chance.randrange(256)


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def _hole(data: bytearray, chance: random.Random) -> None:
    begin = chance.randrange(len(data))
    end = min(len(data), begin + chance.choice((16, 512, 4096)))
    data[begin:end] = bytes(end - begin)


def _repeated(data: bytearray, chance: random.Random) -> None:
    begin = chance.randrange(len(data))
    data[begin:begin] = data[begin : begin + 512] * chance.choice((1, 20))


def _injected(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at : at + chance.choice((0, 4))] = chance.choice(_NASTY)


_WAYS: tuple[Callable[[bytearray, random.Random], None], ...] = (_flipped, _cut, _hole, _repeated, _injected)


def damaged(content: bytes, chance: random.Random, begin: int = 0) -> bytes:
    """The content, damaged in one way somewhere after the first `begin` bytes; what is empty gets a byte."""
    data = bytearray(content[begin:]) or bytearray(1)
    chance.choice(_WAYS)(data, chance)
    return content[:begin] + bytes(data)
