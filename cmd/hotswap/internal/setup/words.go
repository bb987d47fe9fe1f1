package setup

import (
	"slices"
	"strings"
	"unicode"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// scriptLimit is the length in bytes of the longest script that is read.
const scriptLimit = 4 << 10

// word is a word of a command line.
type word struct {
	raw   string // as a shell reads it
	text  string // what the program gets; "" if that is unknown
	known bool   // false: the shell puts something in, such as $PORT
}

// simple is one command of a script: a program with its arguments, and NAME=value before it.
type simple struct {
	operator string // before it: "&&", "||", "|", ";" or "&"; "" for the first
	words    []word
}

const variable = `\$(?:\w+|\{\w+(?::?[-=+?][^}\s'"$` + "`" + `]*)?\})`

var (
	// part is a piece of a word: 'text', "text", a character behind \, a variable, or plain text.
	part      = lazy.Pattern(`^(?:'([^']*)'|"((?:[^"\\$` + "`" + `]|\\.|` + variable + `)*)"|\\(.)|` + variable + `|([^\s'"\\$` + "`" + `&|;<>()]+))`)
	escape    = lazy.Pattern(`\\([$` + "`" + `"\\])`)
	safe      = lazy.Pattern(`^[\w@%+=:,./-]+$`)
	assigning = lazy.Pattern(`^[A-Za-z_]\w*=`)
)

// split returns the commands of a shell script. ok is false for a script that has more than words
// and operators, such as redirections, conditions and $(…).
func split(script string) (commands []simple, ok bool) {
	if len(script) > scriptLimit || strings.ContainsFunc(script, func(c rune) bool { return unicode.IsControl(c) && c != '\t' }) {
		return nil, false
	}
	var next simple
	for at := 0; at < len(script); {
		switch c := script[at]; {
		case c == ' ' || c == '\t':
			at++
		case strings.IndexByte("&|;", c) >= 0:
			if len(next.words) == 0 {
				return nil, false
			}
			operator := script[at : at+1]
			if c != ';' && strings.HasPrefix(script[at+1:], operator) {
				operator += operator
			}
			commands = append(commands, next)
			next = simple{operator: operator}
			at += len(operator)
		default:
			w, ok := readWord(script[at:])
			if !ok || len(next.words) == 0 && slices.Contains(reserved, w.raw) {
				return nil, false
			}
			next.words = append(next.words, w)
			at += len(w.raw)
		}
	}
	return append(commands, next), len(next.words) > 0
}

// reserved are words by which more than a simple command begins.
var reserved = strings.Fields("! { } if then elif else fi for while until do done case esac function")

// readWord reads the word at the beginning of a script.
func readWord(script string) (w word, ok bool) {
	w.known = script[0] != '~'
	rest := script
	for {
		m := part().FindStringSubmatch(rest)
		if m == nil {
			if after, dollar := strings.CutPrefix(rest, "$"); dollar && (after == "" || strings.ContainsRune(" \t&|;", rune(after[0]))) {
				w.text, rest = w.text+"$", after // at the end of a word a shell leaves it
			}
			break
		}
		switch rest[0] {
		case '"':
			w.known = w.known && !strings.Contains(escape().ReplaceAllString(m[2], ""), "$")
			w.text += escape().ReplaceAllString(m[2], "$1")
		case '$':
			w.known = false
		default:
			w.text += m[1] + m[3] + m[4]
		}
		rest = rest[len(m[0]):]
	}
	if !w.known {
		w.text = ""
	}
	w.raw = script[:len(script)-len(rest)]
	return w, w.raw != "" && script[0] != '#' && (rest == "" || strings.IndexByte(" \t&|;", rest[0]) >= 0)
}

// stateful reports whether the command changes the shell that runs it.
func (s simple) stateful() bool {
	first := s.words[0]
	if assigns(first) {
		return !slices.ContainsFunc(s.words, func(w word) bool { return !assigns(w) }) // X=y alone
	}
	return !first.known || slices.Contains(strings.Fields("cd pushd popd export unset set source . ulimit umask eval alias trap exec"), first.text)
}

// assigns reports whether a word before the program's name sets a variable; env gets it in quotes.
func assigns(w word) bool { return assigning().MatchString(w.raw) || assigning().MatchString(w.text) }

// plainWord returns a word that means text.
func plainWord(text string) word { return word{raw: quote(text), text: text, known: true} }

// plainWords returns the words of an argument list.
func plainWords(argv []string) (words []word) {
	for _, arg := range argv {
		words = append(words, plainWord(arg))
	}
	return words
}

// join returns the command line of words.
func join(words []word) string {
	raw := make([]string, len(words))
	for i, w := range words {
		raw[i] = w.raw
	}
	return strings.Join(raw, " ")
}

// quote quotes a word for a shell where it needs that.
func quote(text string) string {
	if safe().MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// chain cuts a && b && c into the steps before the last command, and that. ok is false for any
// other script of more than one command.
func chain(script string) (steps []string, last []word, ok bool) {
	commands, ok := split(script)
	if !ok {
		return nil, nil, false
	}
	for i, c := range commands {
		if i > 0 && c.operator != "&&" || len(commands) > 1 && c.stateful() {
			return nil, nil, false
		}
		steps = append(steps, join(c.words))
	}
	return steps[:len(steps)-1], commands[len(commands)-1].words, true
}
