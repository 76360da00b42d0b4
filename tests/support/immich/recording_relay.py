"""A relay on loopback that remembers every byte it passes on, to see what a program really sends."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class RecordingRelay:
    """Passes connections on to another port and keeps what came from the side that connects."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._sent: list[bytes] = []
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def sent(self) -> bytes:
        """All that was sent to the other port so far."""
        return b"".join(self._sent)

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the listening socket was closed
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                threading.Thread(target=_pump, args=(near, far, self._sent), daemon=True).start()
                threading.Thread(target=_pump, args=(far, near, None), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket, record: list[bytes] | None) -> None:
    with suppress(OSError):  # either side may go without a word
        while data := source.recv(65536):
            if record is not None:
                record.append(data)
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
    source.close()


@contextmanager
def recorded(port: int) -> Iterator[RecordingRelay]:
    """A relay to this port for as long as the block lasts."""
    relay = RecordingRelay(port)
    try:
        yield relay
    finally:
        relay.close()
