package rules

import (
	"strings"
	"unicode/utf8"
)

// globOfGit makes doublestar's pattern, for a path by bytes, of git's (wildmatch.c, WM_PATHNAME). Not ok: git's matches
// nothing.
func globOfGit(line string) (glob string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 == len(line):
			return "", false
		case c == '\\':
			i++
			member(&b, line[i])
		case c == '*':
			if strings.HasPrefix(line[i:], "***") {
				continue
			}
			b.WriteByte(c)
		case c == '[':
			set, end := setOfGit(line, i+1)
			if end < 0 || !writeSet(&b, &set) {
				return "", false
			}
			i = end
		case c == '?' || c == '/':
			b.WriteByte(c)
		default:
			member(&b, c)
		}
	}
	return b.String(), true
}

// member writes a byte that stands for itself, in a set or beside one.
func member(b *strings.Builder, c byte) {
	if strings.IndexByte(`*?[]{}\-^!,`, c) >= 0 {
		b.WriteByte('\\')
	}
	b.WriteRune(rune(c))
}

// byBytes makes a character of each byte.
func byBytes(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// setOfGit reads a set behind its bracket, and returns the bytes that it matches and where it ends; negative: git's
// pattern matches nothing.
func setOfGit(line string, i int) (set byteSet, end int) {
	at := func(i int) byte { // 0: the line has ended
		if i < len(line) {
			return line[i]
		}
		return 0
	}
	next := func() byte { // a member; a backslash protects it
		if at(i) == '\\' {
			i++
		}
		i++
		return at(i - 1)
	}
	negated := at(i) == '!' || at(i) == '^'
	if negated {
		i++
	}
	for first := true; first || at(i) != ']'; first = false {
		if at(i) == '[' && at(i+1) == ':' {
			name, _, closed := strings.Cut(line[i+2:], "]")
			class, named := strings.CutSuffix(name, ":")
			if !closed || named && classes[class] == "" {
				return set, -1
			}
			if named {
				for ranges := classes[class]; ranges != ""; ranges = ranges[2:] {
					set.add(ranges[0], ranges[1])
				}
				i += len("[:") + len(name) + len("]")
				continue
			}
		}
		from := next()
		to := from
		if at(i) == '-' && at(i+1) != ']' && at(i+1) != 0 {
			i++
			to = next()
		}
		if from == 0 || to == 0 {
			return set, -1
		}
		set.add(from, from) // also if the range is empty
		set.add(from, to)
	}
	for c := range set {
		set[c] = set[c] != negated && c != '/'
	}
	return set, i
}

// writeSet writes a set. It reports whether the set has a member.
func writeSet(b *strings.Builder, set *byteSet) (some bool) {
	b.WriteByte('[')
	for c, in := range set {
		if in && c > 0 {
			member(b, byte(c))
			some = true
		}
	}
	b.WriteByte(']')
	return some
}

// byteSet has the bytes that a set matches.
type byteSet [256]bool

func (s *byteSet) add(from, to byte) {
	for c := int(from); c <= int(to); c++ {
		s[c] = true
	}
}

// classes are those of POSIX, as ranges. Git knows ASCII only.
var classes = map[string]string{
	"alnum": "AZaz09", "alpha": "AZaz", "blank": "\t\t  ", "cntrl": "\x00\x1f\x7f\x7f", "digit": "09", "graph": "!~",
	"lower": "az", "print": " ~", "punct": "!/:@[`{~", "space": "\t\r  ", "upper": "AZ", "xdigit": "09AFaf",
}
