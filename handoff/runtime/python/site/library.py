# Which variables a native library may read: those whose names it has, if it also has the name
# of what the C library has for them. The linker stores "PORT" as the end of "SUPPORT" where
# a library has both, so the text does not show whether it has "PORT" alone.
ASKS = (b'getenv\0', b'environ\0')
PART = 1 << 20  # bytes of a read
left = 512 << 20  # bytes to read of all libraries; of the rest all is assumed


def may_read(file, names):
    global left
    wanted, found, text = ASKS + tuple([n + b'\0' for n in names]), set(), b''
    overlap = max([len(w) for w in wanted])
    try:
        with open(file, 'rb', 0) as f:
            part = f.read(PART)
            while part and left > 0:
                left, text = left - len(part), text[-overlap:] + part
                found.update([w for w in wanted if w in text])
                part = f.read(PART)
    except OSError:
        return names
    return names if part else [n for n in names if n + b'\0' in found and not found.isdisjoint(ASKS)]
