package rules

import "strings"

// wild reports whether a pattern of git matches a path, byte by byte, as git's wildmatch.c does with WM_PATHNAME, but for
// a slash with a backslash behind "**".
func wild(glob, path string) bool {
	i := strings.IndexAny(glob, `*?[\`)
	if i < 0 || !strings.HasPrefix(path, glob[:i]) {
		return glob == path
	}
	glob, path = glob[i:], path[i:]
	var star, deep [2]string // what is left of both behind the last "*" and the last "**/", for another try
	for begins := true; glob != "" || path != ""; {
		rest := strings.TrimLeft(glob, "*")
		stars, n := len(glob)-len(rest), 0
		if stars == 0 && glob != "" && path != "" {
			n = first(glob, path[0])
		}
		switch {
		case stars > 1 && begins && rest == "":
			return true
		case stars > 1 && begins && rest[0] == '/':
			glob, star = rest[1:], [2]string{}
			deep = [2]string{glob, path}
		case stars > 0:
			glob, begins = rest, false
			star = [2]string{glob, path}
		case n > 0:
			begins = glob[n-1] == '/'
			glob, path = glob[n:], path[1:]
		case star[1] != "" && star[1][0] != '/': // "*" takes one byte more
			star[1] = star[1][1:]
			glob, path, begins = star[0], star[1], false
		default: // "**/" takes one folder more
			_, below, found := strings.Cut(deep[1], "/")
			if !found {
				return false
			}
			deep[1], star, begins = below, [2]string{}, true
			glob, path = deep[0], below
		}
	}
	return true
}

// first returns how many bytes at the beginning of glob, where no star is, stand for the byte c; 0: c does not match them.
func first(glob string, c byte) int {
	switch {
	case glob[0] == '\\' && len(glob) > 1 && glob[1] == c:
		return 2
	case glob[0] == '?' && c != '/', glob[0] == c && c != '\\' && c != '[':
		return 1
	case glob[0] != '[':
		return 0
	}
	begin := 1 // of a set
	if len(glob) > 1 && (glob[1] == '!' || glob[1] == '^') {
		begin = 2
	}
	in, low := false, byte(0) // low: the byte before, from which "-" makes a range; 0: it makes none
	for i := begin; i < len(glob); i++ {
		name, opened := strings.CutPrefix(glob[i:], "[:")
		name, _, _ = strings.Cut(name, "]")
		ranges := glob[i] == '-' && low > 0 && i+1 < len(glob) && glob[i+1] != ']'
		switch {
		case glob[i] == ']' && i > begin && (in == (begin == 2) || c == '/'), opened && strings.HasSuffix(name, ":") && named[name] == "":
			return 0
		case glob[i] == ']' && i > begin:
			return i + 1
		case opened && named[name] != "":
			in, low = in || first(named[name], c) > 0, 0
			i += len("[:") + len(name)
			continue
		case ranges:
			i++
		}
		if glob[i] == '\\' && i+1 < len(glob) {
			i++
		}
		if !ranges {
			low = glob[i]
		}
		in = in || low <= c && c <= glob[i]
		if ranges {
			low = 0
		}
	}
	return 0
}

// named are the sets that have names, as git has them: of ASCII only.
var named = map[string]string{
	"alnum:": "[0-9A-Za-z]", "alpha:": "[A-Za-z]", "blank:": "[ \t]", "cntrl:": "[\x01-\x1f\x7f]", "digit:": "[0-9]", "graph:": `[\!-~]`, "lower:": "[a-z]",
	"print:": "[ -~]", "punct:": "[\\!-.:-@[-`{-~]", "space:": "[ \t\n\r]", "upper:": "[A-Z]", "xdigit:": "[0-9A-Fa-f]",
}
