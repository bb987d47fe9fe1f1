package node

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Rule says what becomes of the WebSockets of some paths when their process is
// replaced.
type Rule struct {
	Pattern string // a glob on the path of the URL; "": all
	Keep    bool   // they go to the new process; else they are told to come back
	Replay  int    // so many of the client's first messages are repeated to it
}

// ErrPattern says that a pattern is none.
var ErrPattern = errors.New("not a pattern")

// Check says what is wrong with a rule.
func (r Rule) Check() error {
	if !doublestar.ValidatePattern(r.Pattern) {
		return ErrPattern
	}
	if _, err := regexp.Compile(r.expression()); err != nil {
		return ErrPattern
	}
	return nil
}

// policy is the rules as the adapters read them, in PolicyVariable; "": nothing is
// kept.
func policy(rules []Rule) string {
	if !slices.ContainsFunc(rules, func(r Rule) bool { return r.Keep }) {
		return ""
	}
	type rule struct {
		Path   string `json:"path"`
		Keep   bool   `json:"keep,omitempty"`
		Replay int    `json:"replay,omitempty"`
	}
	var out []rule
	for _, r := range rules {
		out = append(out, rule{r.expression(), r.Keep, r.Replay})
	}
	b, _ := json.Marshal(out) // texts and numbers
	return string(b)
}

// expression is the pattern as a regular one of JavaScript (and of Go, for the
// tests): the adapter knows no globs.
func (r Rule) expression() string {
	if r.Pattern == "" {
		return "^"
	}
	return "^" + expression(r.Pattern) + "$"
}

func expression(glob string) string {
	var out strings.Builder
	depth := 0 // of braces
	start := true
	for i := 0; i < len(glob); i++ {
		first := start
		start = false
		switch c := glob[i]; c {
		case '*':
			rest := glob[i:]
			switch {
			case first && strings.HasPrefix(rest, "**/"): // no folder or several
				out.WriteString("(?:[^/]*/)*")
				i, start = i+2, true
			case first && (rest == "**" || depth > 0 && (strings.HasPrefix(rest, "**,") || strings.HasPrefix(rest, "**}"))):
				out.WriteString(".*")
				i++
			default:
				out.WriteString("[^/]*")
				for i+1 < len(glob) && glob[i+1] == '*' {
					i++
				}
			}
		case '/':
			if glob[i:] == "/**" { // the folder itself too
				out.WriteString("(?:/.*)?")
				return out.String()
			}
			out.WriteByte('/')
			start = true
		case '?':
			out.WriteString("[^/]")
		case '{':
			depth++
			out.WriteString("(?:")
			start = first
		case '}':
			if depth == 0 {
				out.WriteString(`\}`)
				break
			}
			depth--
			out.WriteByte(')')
		case ',':
			if depth == 0 {
				out.WriteByte(',')
				break
			}
			out.WriteByte('|')
			start = true
		case '[':
			end := strings.IndexByte(glob[i+2:], ']') + i + 2 // a valid pattern has it
			class := glob[i+1 : end]
			not := strings.HasPrefix(class, "!") || strings.HasPrefix(class, "^")
			if not {
				class = class[1:]
			}
			class = strings.NewReplacer("[", `\[`, "^", `\^`, "&", `\&`).Replace(class)
			if not {
				out.WriteString("(?:[^/" + class + "])")
			} else {
				out.WriteString("(?:[" + class + "])")
			}
			i = end
		case '\\':
			i++
			out.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		default:
			if c < 0x80 {
				out.WriteString(regexp.QuoteMeta(string(c)))
			} else {
				out.WriteByte(c)
			}
		}
	}
	return out.String()
}
