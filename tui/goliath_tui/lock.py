"""One poller per cache file: the lock that says who it is.

The lock is an advisory `flock` on `<cache>.lock`, so the kernel lets go of it however its holder
dies. The file stays: removing it could leave two processes each holding another file of that name.
Somebody else may remove it all the same, with the whole folder. Then the lock that is held says
nothing any more, since the next one takes it on a file of its own: `keep` finds out.
Light on purpose: whoever stands by loads nothing else.
"""

import errno
import fcntl
import os
import stat
import threading
from pathlib import Path


class CacheLock:
    """The lock of the cache at `cache`."""

    def __init__(self, cache: Path) -> None:
        # The folder may be reached by many names; the file has one, since a link is no cache.
        self.path = cache.parent.resolve() / f"{cache.name}.lock"
        self._descriptor: int | None = None
        self._one_at_a_time = threading.Lock()

    def take(self) -> bool:
        """Takes the lock if it is free; says whether it is ours. Raises OSError.

        Creates missing folders and the file, for the user alone.
        """
        with self._one_at_a_time:
            if self._descriptor is None:
                self._descriptor = self._taken()
            return self._descriptor is not None

    def keep(self) -> bool:
        """Whether it is still ours; takes it anew if its file was removed. Raises OSError.

        False: it was not ours, or somebody else holds it now, and we hold nothing any more.
        """
        with self._one_at_a_time:
            held = self._descriptor
            if held is None:
                return False
            try:
                if os.path.samestat(os.fstat(held), self.path.stat()):
                    return True
            except (FileNotFoundError, NotADirectoryError):
                pass
            self._descriptor = None
            try:
                self._descriptor = self._taken()
            finally:
                os.close(held)
            return self._descriptor is not None

    def _taken(self) -> int | None:
        for folder in reversed(self.path.parents):
            folder.mkdir(mode=0o700, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.path, flags, 0o600)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
                # What is written here must not go into somebody else's file.
                raise OSError(errno.EPERM, "is not a file of its own", str(self.path))
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Somebody may have put another file in its place between our two calls.
            if not os.path.samestat(os.fstat(descriptor), self.path.stat()):
                raise BlockingIOError
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        except (BlockingIOError, FileNotFoundError):
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def holder(self) -> int | None:
        """The process that wrote itself into the file last; None when none has."""
        try:
            return int(self.path.read_bytes()[:20])
        except (OSError, ValueError):
            return None

    def release(self) -> None:
        """Lets go, if it is ours."""
        with self._one_at_a_time:
            descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
