// Package websocket has the rules by which WebSockets of Node programs move to the next
// process.
package websocket

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Rule says what becomes of the WebSockets of some paths when their process is replaced.
type Rule struct {
	Pattern string // a glob for the path of the URL; "": all
	Keep    bool   // they move to the new process; otherwise their clients are told to reconnect
}

// ErrPattern describes what a pattern may have besides plain text: *, ?, {a,b}, and ** for
// any folders.
var ErrPattern = errors.New("not a pattern of *, **, ? and {a,b}")

// Check reports a pattern that is not valid.
func (r Rule) Check() error {
	// A URL's path has printable ASCII only.
	other := func(c rune) bool { return c <= ' ' || c > '~' }
	if strings.ContainsAny(r.Pattern, "[]\\") || strings.ContainsFunc(r.Pattern, other) || !doublestar.ValidatePattern(r.Pattern) {
		return ErrPattern
	}
	all := alternatives(r.Pattern)
	if len(all) > maxAlternatives {
		return ErrPattern
	}
	for _, glob := range all {
		if !strings.HasPrefix(glob, "/") || strings.Contains(glob, "//") || strings.HasSuffix(glob, "**/") {
			return ErrPattern
		}
		for part := range strings.SplitSeq(glob, "/") {
			if part != "**" && strings.Contains(part, "**") {
				return ErrPattern
			}
		}
	}
	return nil
}

// Encode returns the rules as the adapter reads them; "" if no WebSocket moves.
func Encode(rules []Rule) string {
	if !slices.ContainsFunc(rules, func(r Rule) bool { return r.Keep }) {
		return ""
	}
	type rule struct {
		Path string `json:"path"`
		Keep bool   `json:"keep,omitempty"`
	}
	var out []rule
	for _, r := range rules {
		out = append(out, rule{r.expression(), r.Keep})
	}
	b, _ := json.Marshal(out) // texts and numbers
	return string(b)
}

// expression returns the pattern as a regular expression of JavaScript and of Go.
func (r Rule) expression() string {
	if r.Pattern == "" {
		return "^"
	}
	var of []string
	for _, glob := range alternatives(r.Pattern) {
		of = append(of, expression(glob))
	}
	return "^(?:" + strings.Join(of, "|") + ")$"
}

// maxAlternatives bounds the patterns without braces.
const maxAlternatives = 64

// alternatives returns the patterns without braces that a pattern with braces means.
func alternatives(glob string) []string {
	open, depth := -1, 0
	var cuts []int // where the first brace begins, its commas, where it ends
	for i := 0; i < len(glob) && (open < 0 || depth > 0); i++ {
		switch c := glob[i]; {
		case c == '{':
			if depth++; open < 0 {
				open, cuts = i, append(cuts, i)
			}
		case c == ',' && depth == 1, c == '}' && depth == 1:
			cuts = append(cuts, i)
			if c == '}' {
				depth--
			}
		case c == '}' && depth > 1:
			depth--
		}
	}
	if open < 0 {
		return []string{glob}
	}
	var out []string
	after := glob[cuts[len(cuts)-1]+1:]
	for i := range len(cuts) - 1 {
		out = append(out, alternatives(glob[:open]+glob[cuts[i]+1:cuts[i+1]]+after)...)
		if len(out) > maxAlternatives {
			break
		}
	}
	return out
}

// expression converts a valid pattern without braces.
func expression(glob string) string {
	var out strings.Builder
	for i := 0; i < len(glob); i++ {
		begins := i == 0 || glob[i-1] == '/'
		switch c := glob[i]; c {
		case '*':
			switch rest := glob[i:]; {
			case begins && strings.HasPrefix(rest, "**/"): // any folders or none
				out.WriteString("(?:[^/]*/)*")
				i += 2
			case begins && rest == "**":
				out.WriteString(".*")
				i++
			default:
				out.WriteString("[^/]*")
			}
		case '/':
			if glob[i:] == "/**" { // the folder itself too
				out.WriteString("(?:/.*)?")
				return out.String()
			}
			out.WriteByte('/')
		case '?':
			out.WriteString("[^/]")
		default:
			out.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	return out.String()
}
