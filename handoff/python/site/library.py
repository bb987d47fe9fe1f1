# Which variables a native library may read, elf(5). The linker lets "PORT" be the end
# of "SUPPORT" where a library has both, so whether it has the first alone is not to be
# known from its text. But what reads the environment has to ask the C library for it.
import posix

ASKS = (b'getenv', b'secure_getenv', b'__secure_getenv', b'environ', b'__environ', b'_environ')
PART = 1 << 20  # bytes that are read at once
MOST = 512 << 20  # bytes of a library that are looked through; of what is larger all is assumed


def may_read(file, names):
    """The names that the library may read."""
    fd = posix.open(file, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        try:
            if not imports(fd, ASKS):
                return []
        except (ValueError, IndexError, OSError, OverflowError):
            return list(names)  # it is not what is known here
        size = posix.fstat(fd).st_size
        if size > MOST:
            return list(names)
        found, at, ends = set(), 0, [n + b'\0' for n in names]
        overlap = max([len(e) for e in ends]) - 1
        while at < size and len(found) < len(names):
            part = posix.pread(fd, PART + overlap, at)
            if not part:
                break
            found.update([n for n, e in zip(names, ends) if e in part])
            at += PART
        return [n for n in names if n in found]
    finally:
        posix.close(fd)


def whole(fd, size, at):
    """That many bytes from there on."""
    parts = []
    while size > 0:
        part = posix.pread(fd, min(size, PART), at)
        if not part:
            raise ValueError('too short')
        parts.append(part)
        size, at = size - len(part), at + len(part)
    return b''.join(parts)


def imports(fd, wanted):
    """Whether the library takes one of the symbols from another one."""
    head = whole(fd, 64, 0)
    if head[:4] != b'\x7fELF' or head[4] != 2:
        raise ValueError('no library of 64 bits')
    order = {1: 'little', 2: 'big'}[head[5]] if head[5] in (1, 2) else None
    if order is None:
        raise ValueError('no order of bytes')

    def number(b, at, size):
        return int.from_bytes(b[at:at + size], order)
    each, count = number(head, 58, 2), number(head, 60, 2)
    if each != 64 or count == 0:
        raise ValueError('no sections')
    table = whole(fd, each * count, number(head, 40, 8))
    sections = [table[i:i + each] for i in range(0, len(table), each)]
    dynamic = [s for s in sections if number(s, 4, 4) == 11]  # SHT_DYNSYM
    if not dynamic:
        raise ValueError('no dynamic symbols')
    for s in dynamic:
        size, strings = number(s, 32, 8), sections[number(s, 40, 4)]
        if size + number(strings, 32, 8) > MOST:
            raise ValueError('too large')
        symbols, text = whole(fd, size, number(s, 24, 8)), whole(fd, number(strings, 32, 8), number(strings, 24, 8))
        for name in wanted:
            at = text.find(name + b'\0')
            while at >= 0:  # a name may be the end of another one here, too
                if undefined(symbols, at.to_bytes(4, order)):
                    return True
                at = text.find(name + b'\0', at + 1)
    return False


def undefined(symbols, name):
    """Whether one of the symbols, of 24 bytes each, has that name and no section."""
    at = symbols.find(name)
    while at >= 0:
        if at % 24 == 0 and symbols[at + 6:at + 8] == b'\0\0':
            return True
        at = symbols.find(name, at + 1)
    return False
