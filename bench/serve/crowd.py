#!/usr/bin/env python3
"""crowd.py: p99 of a normal client of `animalctl serve` alone, and beside 1,000 idle keep-alive connections and 200
clients that send one byte a second: at most twice as long. Prints a table and one JSON line."""
import contextlib
import json
import socket
import threading
import urllib.parse

from common import arguments, load, machine, median, ours, pictures_of, show

REQUEST = b"GET /ping HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def idle_connection(address):
    connection = socket.create_connection(address, timeout=10)
    connection.sendall(REQUEST)
    connection.recv(4096)
    return connection


def send_slowly(connections, stop):
    """One byte a second on each until `stop`; a connection that the server has ended is left alone."""
    text = b"POST /predictions/animal HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n"
    for i in range(len(text) + 100_000):
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.send(text[i:i + 1] or b"x")
        if stop.wait(1):
            return


@contextlib.contextmanager
def crowd(url, idle, slow):
    parts = urllib.parse.urlsplit(url)
    address = (parts.hostname, parts.port)
    sockets, refused = [], 0
    for _ in range(idle):
        try:
            sockets.append(idle_connection(address))
        except OSError:
            refused += 1
    slow_ones = []
    for _ in range(slow):
        with contextlib.suppress(OSError):
            slow_ones.append(socket.create_connection(address, timeout=10))
    stop = threading.Event()
    thread = threading.Thread(target=send_slowly, args=(slow_ones, stop))
    thread.start()
    try:
        yield {"idle": len(sockets), "slow": len(slow_ones), "refused": refused}
    finally:
        stop.set()
        thread.join()
        for each in sockets + slow_ones:
            each.close()


def main():
    options = arguments(__doc__, idle={"type": int, "default": 1000}, slow={"type": int, "default": 200},
                        rate={"type": float, "default": 200})
    before = machine()
    pictures = pictures_of("animalnet", 200)
    rounds = []
    with ours("animalnet") as server:
        for _ in range(options.rounds):
            alone = load(server.url, pictures, options.seconds, connections=16, rate=options.rate)
            with crowd(server.url, options.idle, options.slow) as made:
                beside = load(server.url, pictures, options.seconds, connections=16, rate=options.rate)
            rounds.append({"alone_p99_ms": alone["latency_ms"]["p99"], "beside_p99_ms": beside["latency_ms"]["p99"],
                           "ratio": beside["latency_ms"]["p99"] / alone["latency_ms"]["p99"], "crowd": made,
                           "error_share": beside["error_share"]})
    ratio = median(r["ratio"] for r in rounds)
    show([[f"{median(r['alone_p99_ms'] for r in rounds):.2f}", f"{median(r['beside_p99_ms'] for r in rounds):.2f}",
           f"{ratio:.2f}", "≤ 2", f"{max(r['error_share'] for r in rounds):.2%}"]],
         ["p99 alone, ms", "beside the crowd, ms", "ratio", "bound", "errors"])
    print(json.dumps({"bench": "crowd", "machine": before, "ratio": ratio, "rounds": rounds}))


if __name__ == "__main__":
    main()
