package rules

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// pattern is one line of a .gitignore. Immutable.
type pattern struct {
	glob     string // doublestar's
	negated  bool   // "!": takes back what an earlier line excluded
	dirOnly  bool   // ended in a slash
	anchored bool   // has a slash: matched against the whole path, else against the last name
	line     int    // from 1
	text     string // the line as the user wrote it
}

type gitFile struct {
	lines []pattern
	tree  Tree
}

// Tree says whether a folder is the top of a work tree of git, above which git does not look.
type Tree uint8

const (
	Inside Tree = iota // it is none
	Top
	// Copy is the top of one that git worktree add has made: somebody works there on a copy of the project, below which
	// only what the program has loaded counts.
	Copy
)

// parseGitignore reads the lines of a .gitignore. It leaves out what makes no sense, as
// git does.
func parseGitignore(content []byte) []pattern {
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	var ps []pattern
	for i, line := range strings.Split(string(content), "\n") {
		if p, ok := parseLine(strings.TrimSuffix(line, "\r"), false); ok {
			p.line = i + 1
			ps = append(ps, p)
		}
	}
	return ps
}

// parseLine reads one line as gitignore(5) says. braces: of --ignore, where "{a,b}" means alternatives.
func parseLine(line string, braces bool) (pattern, bool) {
	if strings.HasSuffix(line, " ") {
		line = trailing().ReplaceAllString(line, "$1")
	}
	p := pattern{text: line}
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
	ok := true
	if braces {
		p.glob = Either(line)
	} else {
		p.glob, ok = globOfGit(line)
	}
	if strings.HasSuffix(p.glob, "/**") {
		p.glob += "/*" // to git "a/**" is what lies below a; to doublestar it is a as well
	}
	return p, ok && doublestar.ValidatePattern(p.glob)
}

// trailing matches a line with spaces at its end that no backslash protects.
var trailing = lazy.Pattern(`(?s)^((?:\\.|[^\\])*?) +$`)

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
	for i := range slices.Backward(ps) {
		if ps[i].match(rel, isDir) {
			return &ps[i]
		}
	}
	return nil
}
