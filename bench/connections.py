# SPDX-License-Identifier: BSD-2-Clause
"""See connections.sh."""
import asyncio
import os
import random
import statistics
import sys
import time

IDLE, ACTIVE, SECONDS = (int(os.environ[n]) for n in (
    "IDLE", "ACTIVE", "SECONDS_EACH"))
AT_ONCE = 200


class Connection:
    def __init__(self, reader, writer, path):
        self.reader, self.writer = reader, writer
        self.request = (f"GET {path} HTTP/1.1\r\nHost: demo.x.y\r\n"
                        "Accept: image/webp,*/*\r\n\r\n").encode()

    async def ask(self):
        """Seconds, or None: no whole 200 came."""
        begin = time.perf_counter()
        try:
            self.writer.write(self.request)
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split()[0])
            await self.reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError, IndexError):
            return None
        ok = head.startswith(b"HTTP/1.1 200 ")
        return time.perf_counter() - begin if ok else None


async def dial(address, path, few):
    async with few:
        c = Connection(*await asyncio.open_connection(*address), path)
        await c.ask()
        return c


async def busy(c, times):
    """Once a second, each at its own time."""
    await asyncio.sleep(random.random())
    for _ in range(SECONDS):
        begin = time.perf_counter()
        times.append(await c.ask())
        await asyncio.sleep(max(0, begin + 1 - time.perf_counter()))


def memory_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(f.read().split("VmRSS:")[1].split()[0])


async def main(where, path, pid):
    host, port = where.rsplit(":", 1)
    few, times = asyncio.Semaphore(AT_ONCE), []
    all_ = await asyncio.gather(*(dial((host, int(port)), path, few)
                                  for _ in range(IDLE + ACTIVE)))
    await asyncio.gather(*(busy(c, times) for c in all_[:ACTIVE]))
    kb = memory_kb(pid)
    last = await asyncio.gather(*(c.ask() for c in random.sample(all_, 200)))
    good = [t for t in times if t is not None]
    p99 = statistics.quantiles(good, n=100)[98]
    print(kb, f"{1e3 * p99:.2f}", (times + last).count(None))
    for c in all_:
        c.writer.close()


asyncio.run(main(*sys.argv[1:]))
