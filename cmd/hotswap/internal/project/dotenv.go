package project

import (
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

type variable struct{ name, value string }

// statement is one variable in a file, with the expression of npm's dotenv 17 (lib/main.js), so
// that a file means the same to hotswap as to a program that reads it by itself.
var statement = lazy.Pattern("(?m)\\A\\s*(?:export\\s+)?([\\w.-]+)(?:\\s*=\\s*?|:\\s+?)" +
	"(\\s*'(?:\\\\'|[^'])*'|\\s*\"(?:\\\\\"|[^\"])*\"|\\s*`(?:\\\\`|[^`])*`|[^#\\r\\n]+)?" +
	"\\s*(?:#.*)?(?:$)")

// parseEnv reads the text of a file with variables, in order. line is 0, or that of a statement
// that is none, and why says what is wrong there. It does not quote the file, which has secrets.
func parseEnv(text string) (vars []variable, line int, why string) {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	line = 1
	for text != "" {
		first, rest, _ := strings.Cut(text, "\n")
		if bare := strings.TrimSpace(first); bare == "" || bare[0] == '#' {
			text = rest
			line++
			continue
		}
		m := statement().FindStringSubmatchIndex(text)
		if m == nil {
			return vars, line, "not of the form NAME=value"
		}
		v := variable{name: text[m[2]:m[3]]}
		if m[4] >= 0 {
			v.value = strings.TrimSpace(text[m[4]:m[5]])
		}
		switch why := v.unquote(); {
		case why != "":
			return vars, line, why
		case strings.ContainsRune(v.value, 0):
			return vars, line, "the value has a NUL byte"
		}
		vars = append(vars, v)
		line += strings.Count(text[:m[1]], "\n") + 1
		text = text[m[1]:]
		if text != "" { // a line's end
			text = text[1:]
		}
	}
	return vars, 0, ""
}

// unquote takes the quotes off the value, and says why that is not possible.
func (v *variable) unquote() (why string) {
	if v.value == "" || !strings.ContainsRune("'\"`", rune(v.value[0])) {
		return ""
	}
	quote := v.value[:1]
	switch inner, closed := strings.CutSuffix(v.value[1:], quote); {
	case closed:
		v.value = inner
	case !strings.Contains(v.value[1:], quote):
		return "the quote is not closed"
	default:
		return "" // as it is: "a"|"b"
	}
	if quote == `"` {
		v.value = strings.NewReplacer(`\n`, "\n", `\r`, "\r").Replace(v.value)
	}
	return ""
}
