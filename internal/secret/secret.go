// Package secret puts stars in the place of what looks like a secret: of values by their names, of headers of HTTP, and of keys by their
// form. It is a table, because libraries for this neither know lines of one text nor keep JSON whole. Time is linear in the text.
package secret

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

const (
	chars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$-" // of a name
	is    = `\A\\*["']?[ \t]*(?:=>|[:=])[ \t]*`

	// quoted is a text in quotation marks, which have a backslash in JSON that is itself in a text, or a list. The end of the line ends each.
	quoted = `(?:\\"(?:[^"\\\n]|\\\\\\"|\\[^"\n])*(?:\\"|$)|"(?:[^"\\\n]|\\.)*(?:"|$)|'(?:[^'\\\n]|\\.)*(?:'|$)|` + "`[^`\n]*(?:`|$)" + `|\[[^\]\n]*)`
	bare   = `[^\s"'\\;&|,(){}\[\]` + "`]"

	// longest is how many bytes behind a name are searched for the end of the value. A longer one lasts to the end of its line.
	longest = 1024
)

type form struct {
	words []string
	find  func() *regexp.Regexp
}

// names are what names of secrets contain, in lower case.
var names = []string{"token", "secret", "pass", "pwd", "credential", "key", "jwt"}

// forms are those of values without a name. Only a text that has one of the words is searched, because most have none. The second group is
// the secret.
var forms = []form{
	{[]string{"key-----"}, lazy.Pattern(`(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.*?)(?:-----END|\z)`)},
	{[]string{"key-----"}, lazy.Pattern(`(?m)()((?:^[\w+/=]+\s)+)-----END [A-Z ]*PRIVATE KEY`)}, // the first lines are missing
	{[]string{"://"}, lazy.Pattern(`(\w://)([^\s"'/?#\\]+)@`)},
	{[]string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "sk-", "sk_", "xox", "akia", "asia", "eyj", "glpat-", "npm_", "aiza"},
		lazy.Pattern(`()(\b(?:gh[pousr]_|github_pat_|glpat-|npm_|AIza|sk[-_]|xox[a-z]-|A[KS]IA|eyJ[\w-]+\.)[\w.-]{12,})`)},
	{[]string{"authorization", "cookie"},
		lazy.Pattern(`(?im)((?:authorization|cookie)\\*["']?[ \t]*(?:=>|[:=])[ \t]*(?:(?:basic|bearer|digest|token) +)?)(` + quoted + `|[^\s"'][^"'\n]*)`)},
}

// behind are the values behind a name, which are the first group. at: only where the name stands so.
var behind = []struct {
	at   func(before, name string) bool // nil: anywhere
	find func() *regexp.Regexp
}{
	{option, lazy.Pattern(`(?m)\A(?: +|\n)(` + quoted + `|[^-<\s"'\\;&|]` + bare + `*)`)},
	{nil, lazy.Pattern(`(?m)\A=(` + quoted + `|(?:[^=>\s"'\\;&|]|\\[^"'\s])(?:[^\s"'\\;&|]|\\[^"'\s])*)`)},
	{nil, lazy.Pattern(`(?m)` + is + `(` + quoted + `)`)},
	{begins, lazy.Pattern(`\A(?:[ \t]*:[ \t]|[ \t]+=[ \t])[ \t]*([^\s"'\[{|>][^\n]*)`)},
	{nil, lazy.Pattern(is + `([^:=>\s"'\\;&|,(){}\[\]` + "`]" + bare + `*)`)},
}

// option reports whether a name is one such as --token.
func option(before, name string) bool {
	return name[0] == '-' && (before == "" || strings.TrimRight(before, " \t\n\"'") != before)
}

// begins reports whether a name is at the beginning of its line, or of an item of a list there.
func begins(before, _ string) bool {
	item := strings.TrimRight(strings.TrimSuffix(strings.TrimRight(before, " \t"), "-"), " \t")
	return item == "" || strings.HasSuffix(item, "\n")
}

var (
	word = lazy.Pattern(`(?i)` + strings.Join(names, "|"))
	name = lazy.Pattern(`(?i)^(?:.*(?:token|secret|passw|passphrase|passcode|credential|(?:api|access|private|signing|encryption|auth|master)[-_]?key|jwt).*|` +
		`(?:.*[-_.])?(?:pass|pwd)|.*[a-z](?-i:Pass|Pwd))$`)
	// noSecret finds names that belong to no secret, and plural those whose number or path is none.
	noSecret = lazy.Pattern(`(?i)(?:unexpected|invalid) +\S+$|(?:count|length|limit|size|type|ttl|max|min|url|izer?|ary|errors?|exception|\.[a-z]{2,4})$`)
	plural   = lazy.Pattern(`(?i)(?:tokens|^pass|^(?:old)?pwd)$`)
	figure   = lazy.Pattern(`^(?:[\d.,]+\b|/)`)
	harmless = lazy.Pattern(`(?i)^["'\\]*(?:true|false|null|undefined|nil|none|include|omit|same-origin|)["'\\,;]*$`)

	mark = lazy.Pattern("^(?:\\\\?[\"'`]|\\[)")
	rest = lazy.Pattern(`[^\n]+`)
	list = lazy.Pattern(`\["(?:[^"\\]|\\.)*"(?:,"(?:[^"\\]|\\.)*")*\]|"(?:[^"\\]|\\.)*"`)
)

// Text returns the text with stars, which has as many lines.
func Text(s string) string {
	lower := strings.ToLower(s)
	for _, f := range forms {
		if has(lower, f.words) {
			s = masked(s, f.find().FindAllStringSubmatchIndex(s, -1))
		}
	}
	if has(lower, names) {
		s = masked(s, named(s))
	}
	return s
}

func has(lower string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(lower, word) })
}

// named returns where values of secret names are, as matches of which the second group is the value.
func named(s string) (values [][]int) {
	seen := 0
	for _, w := range word().FindAllStringIndex(s, -1) {
		if w[0] < seen {
			continue
		}
		begin := seen + len(strings.TrimRight(s[seen:w[0]], chars))
		end := len(s) - len(strings.TrimLeft(s[w[1]:], chars))
		seen = end
		n := strings.TrimLeft(s[begin:end], "-")
		if !name().MatchString(n) || noSecret().MatchString(s[max(0, begin-12):end]) {
			continue
		}
		near := s[end:]
		if len(near) > longest {
			near = strings.TrimRight(near[:longest], `\`) // cut no escape in two
		}
		for _, v := range behind {
			if v.at != nil && !v.at(s[:begin], s[begin:end]) { // asked first, because a pattern may go to the end of the text
				continue
			}
			m := v.find().FindStringSubmatchIndex(near)
			if m == nil {
				continue
			}
			if m[3] == len(near) {
				line, _, _ := strings.Cut(s[end+m[3]:], "\n")
				m[3] += len(line)
			}
			value := s[end+m[2] : end+m[3]]
			if !harmless().MatchString(value) && !(plural().MatchString(n) && figure().MatchString(value)) {
				seen = end + m[3]
				values = append(values, []int{4: end + m[2], 5: seen})
			}
			break
		}
	}
	return values
}

// masked puts stars in the place of the second groups, but for quotation marks and line feeds.
func masked(s string, values [][]int) string {
	var out strings.Builder
	at := 0
	for _, v := range values {
		begin := mark().FindString(s[v[4]:v[5]])
		value := strings.TrimSuffix(s[v[4]+len(begin):v[5]], begin)
		out.WriteString(s[at:v[4]] + begin + rest().ReplaceAllString(value, "***"))
		at = v[4] + len(begin) + len(value)
	}
	return out.String() + s[at:]
}

// JSON returns a copy of a JSON text in which Text was applied to each string, and to each list of strings as the lines of one text.
func JSON(b []byte) []byte {
	if lower := strings.ToLower(string(b)); !has(lower, names) && !slices.ContainsFunc(forms, func(f form) bool { return has(lower, f.words) }) {
		return bytes.Clone(b)
	}
	return list().ReplaceAllFunc(b, func(was []byte) []byte {
		var lines []string
		inner := bytes.TrimSuffix(bytes.TrimPrefix(was, []byte("[")), []byte("]"))
		_ = json.Unmarshal(slices.Concat([]byte("["), inner, []byte("]")), &lines) // it is JSON
		text := strings.Join(lines, "\n")
		now := Text(text)
		if now == text {
			return was
		}
		left := strings.Split(now, "\n")
		for i, l := range lines {
			n := strings.Count(l, "\n") + 1
			lines[i], left = strings.Join(left[:n], "\n"), left[n:]
		}
		list, _ := json.Marshal(lines)
		return bytes.Replace(was, inner, []byte(plain.Lines(string(list[1:len(list)-1]))), 1)
	})
}
