"""How memory is kept from one replication to the next: a matter of the process, not of `run`."""

import ctypes

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # as in glibc's malloc.h


def keep_freed_memory() -> None:
    """Have the C library keep what is freed, since the next replication needs as much again.

    To give it back and to get it anew, page by page, can take a third of the time. Where the C
    library is not glibc nothing changes.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_TRIM_THRESHOLD, 2**30)
    mallopt(_TOP_PAD, 2**26)
    mallopt(_MMAP_THRESHOLD, 2**25)
