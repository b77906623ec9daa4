# TCP streams for FlowCutBenchmark: `streams.py guest` receives, `streams.py fabric ADDRESS COUNT` sends. Port 7001 has
# the neighbours' streams and port 7000 the one that is cut. Asked by lines on standard input; times are of
# CLOCK_MONOTONIC, as Java's System.nanoTime.
import selectors
import socket
import struct
import sys
import threading
import time

CUT, NEIGHBOURS = 7000, 7001


def guest():
    ready = selectors.DefaultSelector()
    last = {"at": 0, "messages": 0}
    received = {}

    def listen(port):
        server = socket.create_server(("0.0.0.0", port), backlog=256)
        ready.register(server, selectors.EVENT_READ, port)

    def run():
        while True:
            for key, _ in ready.select():
                if key.fileobj.fileno() >= 0 and key.data in (CUT, NEIGHBOURS):
                    connection, peer = key.fileobj.accept()
                    if key.data == CUT:
                        last["messages"] = 0
                    received[peer] = 0
                    ready.register(connection, selectors.EVENT_READ, (key.data, peer))
                    continue
                port, peer = key.data
                try:
                    data = key.fileobj.recv(65536)
                except ConnectionError:
                    data = b""
                if not data:
                    ready.unregister(key.fileobj)
                    key.fileobj.close()
                elif port == CUT:
                    last["at"] = time.monotonic_ns()
                    last["messages"] += 1
                else:
                    received[peer] += len(data)

    listen(CUT)
    listen(NEIGHBOURS)
    threading.Thread(target=run, daemon=True).start()
    print("ready", flush=True)
    for question in sys.stdin:
        if question.strip() == "last":
            print(last["at"], last["messages"], flush=True)
        else:
            print(*sorted(received[peer] for peer in list(received) if received[peer]), flush=True)


def fabric(address, count):
    def open_stream(port):
        stream = socket.create_connection((address, port), timeout=10)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return stream

    neighbours = [open_stream(NEIGHBOURS) for _ in range(count)]
    cut = {"stream": None}

    def send_neighbours():
        while True:
            for stream in neighbours:
                stream.send(b"x" * 64)
                time.sleep(0.05 / count)

    def send_cut():
        while True:
            stream = cut["stream"]
            if stream is not None:
                try:
                    stream.send(b"x" * 64, socket.MSG_DONTWAIT)
                except OSError:
                    pass
            time.sleep(0.0005)

    threading.Thread(target=send_neighbours, daemon=True).start()
    threading.Thread(target=send_cut, daemon=True).start()
    print("ready", flush=True)
    for order in sys.stdin:
        old, cut["stream"] = cut["stream"], None
        if old is not None:
            old.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            old.close()
        if order.strip() == "open":
            cut["stream"] = open_stream(CUT)
        print("done", flush=True)


if sys.argv[1] == "guest":
    guest()
else:
    fabric(sys.argv[2], int(sys.argv[3]))
