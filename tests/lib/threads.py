# SPDX-License-Identifier: BSD-2-Clause
"""Stops one thread of another process at a system call, by ptrace()."""
import ctypes
import os
import platform

CALLS = {"x86_64": {"fallocate": 285}, "aarch64": {"fallocate": 47}}
SEIZE, INTERRUPT, SYSCALL, DETACH = 0x4206, 0x4207, 24, 17
CALL_INFO, ENTRY, GOOD = 0x420e, 1, 1
ALL = 0x40000000			# __WALL: of a thread, too

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
                        ctypes.c_void_p)
libc.ptrace.restype = ctypes.c_long


def named(pid, name):
    """Threads of a process by their name."""
    found = []
    for tid in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{tid}/comm") as f:
            if f.read().strip() == name:
                found.append(int(tid))
    return found


class Tracer:
    """All calls come from the thread that made it. The end lets go."""
    def __init__(self, tid):
        self.tid = tid

    def ptrace(self, what, size=None, data=None):
        if libc.ptrace(what, self.tid, size, data) < 0:
            raise OSError(ctypes.get_errno(), "ptrace")

    def __enter__(self):
        self.ptrace(SEIZE, data=GOOD)
        self.ptrace(INTERRUPT)
        os.waitpid(self.tid, ALL)
        return self

    def run_to_call(self, name):
        """It is stopped before it makes the call."""
        info = (ctypes.c_uint64 * 16)()
        number = CALLS[platform.machine()][name]
        while True:
            self.ptrace(SYSCALL)
            os.waitpid(self.tid, ALL)
            self.ptrace(CALL_INFO, ctypes.sizeof(info), info)
            if info[0] & 0xff == ENTRY and info[3] == number:
                return

    def __exit__(self, *exception):
        self.ptrace(DETACH)
