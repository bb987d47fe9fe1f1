package setup

import (
	"slices"
	"strings"
	"unicode"

	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// scriptLimit is the length in bytes of the longest script that is read.
const scriptLimit = 4 << 10

// word is a word of a command line, and simple a simple command of a script.
type (
	word   = launchers.Word
	simple = launchers.Command
)

// split returns the commands of a shell script. ok is false for a script that has more than words
// and operators, such as redirections, conditions and $(…).
func split(script string) (commands []simple, ok bool) {
	if len(script) > scriptLimit ||
		strings.ContainsFunc(script, func(c rune) bool { return unicode.IsControl(c) && c != '\t' }) {
		return nil, false
	}
	s, _ := launchers.Read(script)
	return s.Commands, len(s.Commands) > 0 && !s.Compound && !s.Redirects
}

var (
	safe      = lazy.Pattern(`^[\w@%+=:,./-]+$`)
	assigning = lazy.Pattern(`^[A-Za-z_]\w*=`)
)

// stateful reports whether the command changes the shell that runs it.
func stateful(c simple) bool {
	first := c.Words[0]
	if assigns(first) {
		return !slices.ContainsFunc(c.Words, func(w word) bool { return !assigns(w) }) // X=y alone
	}
	return !first.Known ||
		slices.Contains(strings.Fields("cd pushd popd export unset set source . ulimit umask eval alias trap exec"),
			first.Text)
}

// assigns reports whether a word before the program's name sets a variable; env gets it in quotes.
func assigns(w word) bool {
	return assigning().MatchString(w.Raw) || assigning().MatchString(w.Text)
}

func plainWord(text string) word {
	return word{Raw: quote(text), Text: text, Known: true}
}

func plainWords(argv []string) (words []word) {
	for _, arg := range argv {
		words = append(words, plainWord(arg))
	}
	return words
}

func join(words []word) string {
	raw := make([]string, len(words))
	for i, w := range words {
		raw[i] = w.Raw
	}
	return strings.Join(raw, " ")
}

func quote(text string) string {
	if safe().MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
