"""How large a campaign is, and whether it fits into the memory of this machine."""

import os


def memory_bytes() -> int:
    """Return this machine's memory; 8 GiB where it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 * 2**30
