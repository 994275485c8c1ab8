"""A wire between a gateway and a KMS that a test slows down or cuts."""

import socket
import threading
import time


class Wire:
    """Passes bytes of TCP connections on; slow, or not at all, when told so."""

    def __init__(self, port):
        self.target = port
        self.delay, self.isCut = 0.0, False
        self.pairs, self.lock = set(), threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        self.cut()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if self.isCut:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.target))
            with self.lock:
                self.pairs.update((near, far))
            for source, sink, isAnswer in ((near, far, False), (far, near, True)):
                threading.Thread(target=self.pass_on, args=(source, sink, isAnswer),
                                 daemon=True).start()

    def pass_on(self, source, sink, is_answer):
        try:
            while data := source.recv(65536):
                if is_answer and self.delay:
                    time.sleep(self.delay)
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            self.end(end)

    def end(self, connection):
        with self.lock:
            self.pairs.discard(connection)
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        connection.close()

    def cut(self):
        """Ends every connection, and each new one at once."""
        self.isCut = True
        for connection in list(self.pairs):
            self.end(connection)

    def mend(self):
        self.isCut, self.delay = False, 0.0
