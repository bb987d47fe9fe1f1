package direct

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/lazy"
)

var errReadsOurs = errors.New("a launcher reads a variable of hotswap's")

func readsOurs(text string) bool {
	return strings.Contains(text, "HOTSWAP_") || strings.Contains(text, "LISTEN_")
}

var (
	// changing matches variables of a shell that have another value each time.
	changing   = lazy.Pattern(`\$[$!]|\$\{?(RANDOM|PPID|SECONDS|SRANDOM|EPOCH|LINENO|BASHPID|_\b)`)
	assignment = lazy.Pattern(`^[A-Za-z_]\w*=`)
)

// command returns the words of a shell's text, and the names of the variables that it sets before them, or says why the
// text may be more than one command. The words end at the first one of which the shell makes something else.
func command(text string) (words, sets []string, err error) {
	switch {
	case readsOurs(text):
		return nil, nil, errReadsOurs
	case changing().MatchString(text):
		return nil, nil, errors.New("its shell gives the program another word each time")
	}
	several := errors.New("its shell runs more than one command")
	var word []byte
	quote, begun, known, plain, assigns := byte(0), false, true, true, false
	for i, c := range []byte(text + " ") {
		switch {
		case i == len(text) && quote != 0, quote != '\'' && strings.IndexByte("`\\", c) >= 0, quote == 0 && strings.IndexByte(";&|<>()\n*?[", c) >= 0,
			quote != '\'' && c == '$' && strings.HasPrefix(text[i+1:], "("):
			return nil, nil, several
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, begun, plain = c, true, false
		case quote == 0 && (c == ' ' || c == '\t'):
			if begun && known && !assigns {
				words = append(words, string(word))
			}
			known = known || assigns
			word, begun, plain, assigns = nil, false, true, false
		default:
			if quote == 0 && c == '=' && plain && known && !assigns && len(words) == 0 && assignment().MatchString(string(word)+"=") {
				sets, assigns = append(sets, string(word)), true
			}
			known = known && (quote == '\'' || c != '$') && (quote != 0 || strings.IndexByte("~#{", c) < 0)
			word, begun = append(word, c), true
		}
	}
	return words, sets, nil
}

// runs says why a shell that gets a text may do more than to become the process next.
func (j *judge) runs(text string, from, next standby.Process) error {
	words, sets, err := command(text)
	switch {
	case err != nil:
		return err
	case slices.Contains(sets, "PATH"), len(words) > 0 && next.Var("BASH_FUNC_"+words[0]+"%%") != "":
		return errors.New("its shell may run another program than hotswap finds")
	}
	return cmp.Or(j.becomes(words, from, next), explains(from, next, sets))
}
