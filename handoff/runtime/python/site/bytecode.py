# Python takes a cached module for fresh if the source's size and its time in whole seconds are
# those in the cache. So a cache from between two saves of one second holds the first save for
# good. That cannot happen if the source had not changed for a while when it was read. For files
# of the project, Python writes and uses no other caches. Caches that have the source's hash
# (PEP 552) stay as they are.
import posix
import sys

AGE = 2  # s; the time has whole seconds, and of a FAT file system even ones
BY_TIME = b'\0\0\0\0'  # the flags of a cache that has the source's time


def install(loader, now, read):
    """Changes a class of loaders. now returns the time. read gets the path of each source of the
    project before it, or its cache, is read, and whether it is compiled as it is."""
    stats, write, cache_of = (
        loader.path_stats,
        loader._cache_bytecode,
        sys.modules['_frozen_importlib_external'].cache_from_source,
    )
    library = sys.modules['os'].__file__.rpartition('/')[0] + '/'
    fresh = set()  # sources that had changed shortly before they were read

    def is_project(path):
        return not (path.startswith(library) or '/site-packages/' in path or '/dist-packages/' in path)

    def path_stats(self, path):
        """Comes before the cache or the source is read."""
        if type(path) is not str or not is_project(path):
            return stats(self, path)
        read(path, type(self) is loader)
        st = stats(self, path)
        if now() - st['mtime'] < AGE:
            fresh.add(path)
        else:
            fresh.discard(path)
        try:
            written = posix.stat(cache_of(path)).st_mtime
        except (OSError, NotImplementedError):
            return st  # there is no cache
        if written - st['mtime'] < AGE:
            st['size'] = -1  # that of no cache; a new cache gets the length of what is read
        return st

    def _cache_bytecode(self, source, cache, data):
        if source not in fresh or data[4:8] != BY_TIME:
            write(self, source, cache, data)

    loader.path_stats, loader._cache_bytecode = path_stats, _cache_bytecode
