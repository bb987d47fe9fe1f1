package events

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

// names are what names of secrets contain, in lower case.
var names = []string{
	"token", "secret", "passw", "passphrase", "credential", "apikey", "api-key", "api_key", "accesskey", "access-key", "access_key",
	"privatekey", "private-key", "private_key",
}

// These match a value of a command line as JSON, in which a quotation mark of the text has a backslash.
const (
	quotedValue = `\\"(?:[^"\\]|\\[^"])*\\"|'(?:[^'"\\]|\\.)*'`
	plainValue  = `(?:[^\s"'\\;&|]|\\\\|\\u003[ce])`
)

// secrets find what looks like a secret. Only a line that contains one of the words is searched, because most have none.
var secrets = []struct {
	words []string
	find  func() *regexp.Regexp
	to    string
}{
	// TOKEN=…, --token=…, ?token=…
	{names, lazy.Pattern(`(?i)(` + name + `=)(?:` + quotedValue + `|` + plainValue + `+)`), "${1}***"},
	// --token …, also as two elements of a list
	{names, lazy.Pattern(`(?i)([\s"']--?[\w.-]*` + name + `(?: +|", ?"))(?:` + quotedValue + `|[^-\s"'\\;&|]` + plainValue + `*)`), "${1}***"},
	// a header of HTTP
	{append(names, "authorization"), lazy.Pattern(`(?i)((?:authorization|x-[\w-]*` + name + `): *(?:\w+ +)?)` + plainValue + `+`), "${1}***"},
	// user:password@ of a URL
	{[]string{"://"}, lazy.Pattern(`(\w://)[^\s"'/@\\]+@`), "${1}***@"},
	// of well-known services, and JSON web tokens
	{[]string{"gh", "sk", "xox", "akia", "eyj"}, lazy.Pattern(`\b(?:gh[pousr]_|github_pat_|sk[-_]|xox[a-z]-|AKIA|eyJ[\w-]+\.)[\w.-]{12,}`), "***"},
}

var name = `(?:` + strings.Join(names, "|") + `)[\w.-]*`

// longestWhy bounds the text of a failure in bytes.
const longestWhy = 4 << 10

// Why returns what commands about events get to know of a failure: a reason, and its cause.
func Why(reason, cause string) string {
	return string(Masked([]byte(plain.Short(human.Dots(reason, cause), longestWhy))))
}

// Masked returns a copy of the line in which stars stand for what looks like a secret.
func Masked(line []byte) []byte {
	lower := bytes.ToLower(line)
	line = bytes.Clone(line)
	for _, s := range secrets {
		if slices.ContainsFunc(s.words, func(word string) bool { return bytes.Contains(lower, []byte(word)) }) {
			line = s.find().ReplaceAll(line, []byte(s.to))
		}
	}
	return line
}
