# Which variables a native library may read, elf(5). The linker stores "PORT" as the end of
# "SUPPORT" where a library has both, so the text does not show whether it has "PORT" alone.
# But a library that reads the environment has to import a function of the C library.
import posix

ASKS = (b'getenv', b'secure_getenv', b'__secure_getenv', b'environ', b'__environ', b'_environ')
PART = 1 << 20  # bytes of a read
MOST = 512 << 20  # bytes to read of all libraries; of the rest all is assumed
left = MOST


def may_read(file, names):
    """The names that the library may read."""
    fd = posix.open(file, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        sections, order = table(fd)
        if not imports(fd, sections, order, ASKS):
            return []
        found, ends = set(), [n + b'\0' for n in names]
        overlap = max([len(e) for e in ends]) - 1
        for s in sections:
            # Literals are in what is loaded and not executed. Debug information and code
            # are the most of many libraries.
            if number(s, 4, 4, order) != 1 or number(s, 8, 8, order) & 6 != 2:  # SHT_PROGBITS; SHF_EXECINSTR, SHF_ALLOC
                continue
            at, size = number(s, 24, 8, order), number(s, 32, 8, order)
            spend(size)
            while size > 0 and len(found) < len(names):
                part = whole(fd, min(size, PART + overlap), at)
                found.update([n for n, e in zip(names, ends) if e in part])
                at, size = at + PART, size - PART
        return [n for n in names if n in found]
    except (ValueError, IndexError, OSError, OverflowError):
        return list(names)  # an unknown format
    finally:
        posix.close(fd)


def spend(size):
    """Counts what is about to be read."""
    global left
    if size > left:
        raise ValueError('too large')
    left -= size


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


def number(b, at, size, order):
    return int.from_bytes(b[at:at + size], order)


def table(fd):
    """The library's sections, and the order of its bytes."""
    head = whole(fd, 64, 0)
    if head[:4] != b'\x7fELF' or head[4] != 2:
        raise ValueError('no library of 64 bits')
    order = {1: 'little', 2: 'big'}[head[5]] if head[5] in (1, 2) else None
    if order is None:
        raise ValueError('no order of bytes')
    each, count = number(head, 58, 2, order), number(head, 60, 2, order)
    if each != 64 or count == 0:
        raise ValueError('no sections')
    all = whole(fd, each * count, number(head, 40, 8, order))
    return [all[i:i + each] for i in range(0, len(all), each)], order


def imports(fd, sections, order, wanted):
    """Whether the library takes one of the symbols from another one."""
    dynamic = [s for s in sections if number(s, 4, 4, order) == 11]  # SHT_DYNSYM
    if not dynamic:
        raise ValueError('no dynamic symbols')
    for s in dynamic:
        size, strings = number(s, 32, 8, order), sections[number(s, 40, 4, order)]
        spend(size + number(strings, 32, 8, order))
        symbols, text = whole(fd, size, number(s, 24, 8, order)), whole(fd, number(strings, 32, 8, order), number(strings, 24, 8, order))
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
