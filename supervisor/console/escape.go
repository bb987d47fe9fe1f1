package console

import "bytes"

const escape = 0x1b

// plain returns b without escape sequences (ECMA-48; console_codes(4)), which are
// control sequences such as colours, strings such as titles and links, and short ones.
// A sequence that is cut off extends to the end.
func plain(b []byte) []byte {
	if bytes.IndexByte(b, escape) < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		if b[0] != escape {
			next := bytes.IndexByte(b, escape)
			if next < 0 {
				next = len(b)
			}
			out, b = append(out, b[:next]...), b[next:]
			continue
		}
		b = b[sequence(b):]
	}
	return out
}

// sequence returns the length of the escape sequence at the start of b.
func sequence(b []byte) int {
	if len(b) < 2 {
		return len(b)
	}
	i := 2
	switch b[1] {
	case '[': // parameters and intermediates, then one final byte
		for ; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return i + 1
			}
			if b[i] < 0x20 || b[i] > 0x7e {
				return i // broken: what follows is text
			}
		}
	case ']', 'P', 'X', '^', '_': // to BEL or ESC \
		for ; i < len(b); i++ {
			if b[i] == 7 {
				return i + 1
			}
			if b[i] == escape {
				if i+1 < len(b) && b[i+1] == '\\' {
					i++
				}
				return min(i+1, len(b))
			}
		}
	case escape:
		return 1
	default:
		for i = 1; i < len(b) && b[i] >= 0x20 && b[i] <= 0x2f; i++ {
		}
		if i < len(b) && b[i] >= 0x30 && b[i] <= 0x7e {
			i++
		}
	}
	return i
}
