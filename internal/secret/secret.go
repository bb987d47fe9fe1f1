// Package secret puts stars in the place of what looks like a secret: of values by their names, of headers of HTTP, and
// of keys by their form. It is a table, because libraries for this neither know lines of one text nor keep JSON whole.
// Time is linear in the text.
//
// The patterns read a text as people do: without its colours, and with punctuation that is escaped (%3D, \u003d) as
// itself.
package secret

import (
	"bytes"
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

const (
	chars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$-" // of a name
	is    = `\A\\*["']?[ \t]*(?:=>|:=|[:=])[ \t]*`

	// quoted is a text in quotation marks, which have a backslash in JSON that is itself in a text, or a list. The end
	// of the line ends each.
	quoted = `(?:\\"(?:[^"\\\n]|\\\\\\"|\\[^"\n])*(?:\\"|$)|"(?:[^"\\\n]|\\.)*(?:"|$)|'(?:[^'\\\n]|\\.)*(?:'|$)|` +
		"`[^`\n]*(?:`|$)" + `|\[[^\]\n]*)`
	bare     = `[^\s"'\\;&|,(){}\[\]` + "`]"
	argument = `[^\s"'\\;&|]`
	inside   = `(?:\w+\(|[bru])?`                               // before a quotation mark: Some("…"), b'…'
	alone    = `[^\s:="'\\;&|,(){}\[\]<>` + "`" + `]+=*[ \t]*$` // on its line

	// longest is how many bytes behind a name are searched for the end of the value. A longer one lasts to the end of
	// its line.
	longest = 1024
)

type form struct {
	words string
	find  func() *regexp.Regexp
}

// names are what names of secrets contain, in lower case.
const names = "token secret pass pwd credential key jwt"

// forms are those of values without a name. Only a text that has one of the words is searched, because most have none.
// The second group is the secret.
var forms = []form{
	{"key-----", lazy.Pattern(`(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.*?)(?:-----END|\z)`)},
	// the first lines are missing
	{"key-----", lazy.Pattern(`(?m)()((?:^[\w+/=]+\s)+)-----END [A-Z ]*PRIVATE KEY`)},
	{"://", // but for a port and a path
		lazy.Pattern(`(\w://)([^\s"'/?#\\]+|[^\s"'/?#\\:@\[]*:(?:[^\s"'\\\d]|\d+[^\s"'\\\d/?#])[^\s"'\\]*)@`)},
	{"-p -a -u",
		lazy.Pattern(`(\b(?:(?:mysql|mariadb|mongo|mycli)[\w-]*|sshpass|login)\b[^\n|;&]*?\s+-p\s?|` +
			`\bredis-cli\b[^\n|;&]*?\s+-a\s?|\bcurl\b[^\n|;&]*?\s+(?:-u|--user)[\s=]?["']?[^\s:"']+:)` +
			`(` + quoted + `|[^\s"'\\;&|<-]` + argument + `*)`)},
	// A number after -p is a port.
	{"-p", lazy.Pattern(`(\s-u\s?\S+\s+-p\s?)(` + quoted + `|[\d:.]*[^\s"'\\;&|<\d:.-]` + argument + `*)`)},
	{"ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ sk- sk_ xox akia asia eyj glpat- npm_ aiza",
		lazy.Pattern(
			`()(\b(?:gh[pousr]_|github_pat_|glpat-|npm_|AIza|sk[-_]|xox[a-z]-|A[KS]IA|eyJ[\w-]+\.)[\w.-]{12,})`)},
	{"authorization cookie",
		lazy.Pattern(`(?im)((?:authorization|cookie)(?:\\*["']?[ \t]*(?:=>|[:=])|\\*["'],)[ \t]*` +
			`(?:(?:basic|bearer|digest|token) +)?)(` + quoted + `|[^\s"'][^"'\n]*)`)},
}

// behind are the values behind a name, which are the first group. at: only where the name stands so.
var behind = []struct {
	at   func(before, name string) bool // nil: anywhere
	find func() *regexp.Regexp
}{
	{option, lazy.Pattern(`(?m)\A(?: +|\n)(` + quoted + `|[^-<\s"'\\;&|]` + bare + `*)`)},
	{nil, lazy.Pattern(`(?m)\A=(` + inside + quoted + `|(?:[^=>\s"'\\;&|]|\\[^"'\s])(?:[^\s"'\\;&|]|\\[^"'\s])*)`)},
	{nil, lazy.Pattern(`(?m)` + is + `(?:\n[ \t]*)?(` + inside + quoted + `)`)},
	{nil, lazy.Pattern(`(?m)` + is + `(?:[|>][-+]?)?[ \t]*(?:\n[ \t]*- +` +
		`(` + alone + `(?:\n[ \t]*- +` + alone + `)*)|\n[ \t]*(` + alone + `))`)},
	{element, lazy.Pattern(`\A>([^<\n]+)</`)},
	{begins, lazy.Pattern(`\A(?:[ \t]*:[ \t]|[ \t]+=[ \t])[ \t]*([^\s"'\[{|>][^\n]*)`)},
	{nil, lazy.Pattern(is + `([^:=>\s"'\\;&|,(){}\[\]` + "`]" + bare + `*)`)},
}

func option(before, name string) bool {
	return name[0] == '-' && (before == "" || strings.TrimRight(before, " \t\n\"'") != before)
}

func element(before, _ string) bool { return strings.HasSuffix(before, "<") }

// begins reports whether a name is at the beginning of its line, or of an item of a list there.
func begins(before, _ string) bool {
	item := strings.TrimRight(strings.TrimSuffix(strings.TrimRight(before, " \t"), "-"), " \t")
	return item == "" || strings.HasSuffix(item, "\n")
}

var (
	word = lazy.Pattern(`(?i)` + strings.ReplaceAll(names, " ", "|"))
	name = lazy.Pattern(
		`(?i)^(?:.*(?:token|secret|passw|passphrase|passcode|credential|(?:api|access|private|signing|encryption|auth|master)[-_]?key|jwt).*|` +
			`(?:.*[-_.])?(?:pass|pwd)|.*[a-z](?-i:Pass|Pwd))$`)
	// noSecret finds names that belong to no secret, and plural those whose number or path is none.
	noSecret = lazy.Pattern(
		`(?i)(?:unexpected|invalid) +\S+$|(?:count|length|limit|size|type|ttl|max|min|url|izer?|ary|errors?|exception|\.[a-z]{2,4})$`)
	plural   = lazy.Pattern(`(?i)(?:tokens|^pass|^(?:old)?pwd)$`)
	figure   = lazy.Pattern(`^(?:[\d.,]+\b|/)`)
	harmless = lazy.Pattern(`(?i)^["'\\]*(?:true|false|null|undefined|nil|none|include|omit|same-origin|)["'\\,;]*$`)

	hidden = lazy.Pattern(`(?:\x1b|\\(?:u001[bB]|x1[bB]|033|e))\[[\d;:]*[A-Za-z]|%[2-7][\dA-Fa-f]|\\u00[2-7][\dA-Fa-f]`)
	mark   = lazy.Pattern("^(?:\\\\?[\"'`]|\\[)")
	rest   = lazy.Pattern(`[^\n]+`)
	list   = lazy.Pattern(`\["(?:[^"\\]|\\.)*"(?:,"(?:[^"\\]|\\.)*")*\]|"(?:[^"\\]|\\.)*"`)
)

// Text returns the text with stars, which has as many lines.
func Text(s string) string {
	read, at := reading(s)
	lower := strings.ToLower(read)
	var values [][2]int
	for _, f := range forms {
		if has(lower, f.words) {
			for _, m := range f.find().FindAllStringSubmatchIndex(read, -1) {
				values = append(values, [2]int{m[4], m[5]})
			}
		}
	}
	if has(lower, names) {
		values = append(values, named(read)...)
	}
	slices.SortFunc(values, func(a, b [2]int) int { return cmp.Compare(a[0], b[0]) })
	var out strings.Builder
	seen := 0
	for i := 0; i < len(values); {
		v := values[i]
		for i++; i < len(values) && values[i][0] <= v[1]; i++ { // the same value, by another pattern
			v[1] = max(v[1], values[i][1])
		}
		begin, end := at(v[0])[0], at(v[1] - 1)[1]
		out.WriteString(s[seen:begin] + stars(s[begin:end]))
		seen = end
	}
	return out.String() + s[seen:]
}

// stars returns a value with stars in its place, but for quotation marks and line feeds.
func stars(value string) string {
	begin := mark().FindString(value)
	inner := strings.TrimSuffix(value[len(begin):], begin)
	return begin + rest().ReplaceAllString(inner, "***") + value[len(begin)+len(inner):]
}

// reading returns a text as people read it, and where in the text each byte of the result begins and ends.
func reading(s string) (read string, at func(i int) [2]int) {
	var b strings.Builder
	var places [][2]int32
	seen := 0
	var found [][]int
	if strings.ContainsAny(s, "\x1b\\%") { // else the pattern costs 0.4 µs a byte for nothing
		found = hidden().FindAllStringIndex(s, -1)
	}
	for _, m := range found {
		for i := seen; i < m[0]; i++ {
			places = append(places, [2]int32{int32(i), int32(i + 1)})
		}
		b.WriteString(s[seen:m[0]])
		seen = m[1]
		if c, err := strconv.ParseUint(s[seen-2:seen], 16, 7); err == nil {
			b.WriteByte(byte(c))
			places = append(places, [2]int32{int32(m[0]), int32(seen)})
		}
	}
	b.WriteString(s[seen:])
	return b.String(), func(i int) [2]int {
		if i < len(places) {
			return [2]int{int(places[i][0]), int(places[i][1])}
		}
		i += seen - len(places)
		return [2]int{i, i + 1}
	}
}

func has(lower, words string) bool {
	for word := range strings.FieldsSeq(words) {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return false
}

func named(s string) (values [][2]int) {
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
			// asked first, because a pattern may go to the end of the text
			if v.at != nil && !v.at(s[:begin], s[begin:end]) {
				continue
			}
			m := v.find().FindStringSubmatchIndex(near)
			if m == nil {
				continue
			}
			if m[2] < 0 { // the other branch
				m = m[2:]
			}
			if m[3] == len(near) {
				line, _, _ := strings.Cut(s[end+m[3]:], "\n")
				m[3] += len(line)
			}
			value := s[end+m[2] : end+m[3]]
			if !harmless().MatchString(value) && !(plural().MatchString(n) && figure().MatchString(value)) {
				seen = end + m[3]
				values = append(values, [2]int{end + m[2], seen})
			}
			break
		}
	}
	return values
}

// JSON returns a copy of a JSON text in which Text was applied to each string, and to each list of strings as the lines
// of one text.
func JSON(b []byte) []byte {
	read, _ := reading(string(b))
	lower := strings.ToLower(read)
	if !has(lower, names) && !slices.ContainsFunc(forms, func(f form) bool { return has(lower, f.words) }) {
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
