package rules

import (
	"bytes"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// pattern is one line of a .gitignore. Immutable.
type pattern struct {
	glob     string // doublestar syntax
	negated  bool   // "!": takes back what an earlier line excluded
	dirOnly  bool   // ended in a slash
	anchored bool   // has a slash: matched against the whole path, else against the last name
	line     int32  // from 1
	text     string // the line as the user wrote it
}

// gitFile is a .gitignore.
type gitFile struct {
	path  string // absolute
	lines []pattern
}

// parseGitignore reads the lines of a .gitignore. It leaves out what makes no sense, as
// git does.
func parseGitignore(content []byte) []pattern {
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	var ps []pattern
	number := int32(0)
	for line := range strings.Lines(string(content)) {
		number++
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if p, ok := parseLine(line, false); ok {
			p.line = number
			ps = append(ps, p)
		}
	}
	return ps
}

// parseLine reads one line as gitignore(5) says. With braces, "{a,b}" means alternatives,
// as in --ignore.
func parseLine(line string, braces bool) (pattern, bool) {
	var p pattern
	line = trimTrailingSpace(line)
	p.text = line
	if line == "" || line[0] == '#' {
		return p, false
	}
	if line[0] == '!' {
		p.negated, line = true, line[1:]
	}
	if strings.HasSuffix(line, "/") {
		p.dirOnly, line = true, strings.TrimSuffix(line, "/")
	}
	p.anchored = strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if line == "" {
		return p, false
	}
	if !braces {
		line = plainBraces.Replace(line)
	}
	// To git "a/**" is what lies below a; to doublestar it is a as well.
	if strings.HasSuffix(line, "/**") {
		line += "/*"
	}
	p.glob = line
	return p, doublestar.ValidatePattern(line)
}

// plainBraces protects braces by a backslash, because doublestar would expand them. A character that has a backslash
// keeps it.
var plainBraces = strings.NewReplacer(`\\`, `\\`, `\{`, `\{`, `\}`, `\}`, `{`, `\{`, `}`, `\}`)

// trimTrailingSpace drops spaces at the end that no backslash protects.
func trimTrailingSpace(line string) string {
	for strings.HasSuffix(line, " ") {
		backslashes := 0
		for i := len(line) - 2; i >= 0 && line[i] == '\\'; i-- {
			backslashes++
		}
		if backslashes%2 == 1 {
			break
		}
		line = line[:len(line)-1]
	}
	return line
}

// match reports whether the pattern names rel itself, which is relative to the folder of
// the .gitignore. The caller looks at the folders above.
func (p *pattern) match(rel string, isDir bool) bool {
	if p.dirOnly && !isDir {
		return false
	}
	if !p.anchored {
		rel = path.Base(rel)
	}
	return doublestar.MatchUnvalidated(p.glob, rel)
}

// decide returns the last line that matches; nil: none does.
func decide(ps []pattern, rel string, isDir bool) *pattern {
	for i := len(ps) - 1; i >= 0; i-- {
		if ps[i].match(rel, isDir) {
			return &ps[i]
		}
	}
	return nil
}
