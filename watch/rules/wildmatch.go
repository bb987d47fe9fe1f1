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
			i = setOfGit(&b, line, i+1)
			if i < 0 {
				return "", false
			}
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

// setOfGit writes a set that it reads behind its bracket, and returns where the set ends; negative: git's pattern
// matches nothing. No set of git's matches a slash, which doublestar's do.
func setOfGit(b *strings.Builder, line string, i int) (end int) {
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
	if at(i) == '!' || at(i) == '^' {
		b.WriteString("[!/")
		i++
	} else {
		b.WriteString("[\x00") // no name has that, and no set is empty
	}
	for first := true; first || at(i) != ']'; first = false {
		if at(i) == '[' && at(i+1) == ':' {
			name, _, closed := strings.Cut(line[i+2:], "]")
			class, named := strings.CutSuffix(name, ":")
			if !closed || named && classes[class] == "" {
				return -1
			}
			if named {
				b.WriteString(classes[class])
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
			return -1
		}
		for c := int(from); c <= int(max(from, to)); c++ { // from belongs to it, also if the range is empty
			if c != '/' {
				member(b, byte(c))
			}
		}
	}
	b.WriteByte(']')
	return i
}

// classes are those of POSIX, as a set has them, without the slash. Git knows ASCII only.
var classes = map[string]string{
	"alnum": "A-Za-z0-9", "alpha": "A-Za-z", "blank": "\t ", "cntrl": "\x01-\x1f\x7f", "digit": "0-9", "graph": `\!-.0-~`,
	"lower": "a-z", "print": " -.0-~", "punct": "\\!-.:-@\\[-`\\{-~", "space": "\t-\r ", "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}
