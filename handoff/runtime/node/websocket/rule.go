// Package websocket has the rules by which WebSockets of Node programs move to the next
// process.
package websocket

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// Rule says what becomes of the WebSockets of some paths when their process is replaced.
type Rule struct {
	Pattern string // a glob for the path of the URL; "": all
	Keep    bool   // they move to the new process; otherwise their clients are told to reconnect
}

// ErrPattern describes what a pattern may have besides plain text: * in a folder's name, and
// ** for any folders.
var ErrPattern = errors.New("not a pattern of * and **")

// Check reports a pattern that is not valid.
func (r Rule) Check() error {
	// A URL's path has printable ASCII only. The brackets are kept for what they mean elsewhere.
	other := func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`[]{}\?`, c) }
	parts := strings.Split(r.Pattern, "/")
	if len(parts) < 2 || parts[0] != "" || strings.ContainsFunc(r.Pattern, other) || strings.HasSuffix(r.Pattern, "**/") {
		return ErrPattern
	}
	for i, part := range parts[1:] {
		if part == "" && i < len(parts)-2 || part != "**" && strings.Contains(part, "**") {
			return ErrPattern
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
	var out strings.Builder
	parts := strings.Split(r.Pattern, "/")[1:]
	for i, part := range parts {
		switch {
		case part == "**" && i == len(parts)-1: // the folder itself too
			out.WriteString("(?:/.*)?")
		case part == "**": // any folders or none
			out.WriteString("(?:/[^/]*)*")
		default:
			out.WriteString("/" + strings.ReplaceAll(regexp.QuoteMeta(part), `\*`, "[^/]*"))
		}
	}
	return "^" + out.String() + "$"
}
