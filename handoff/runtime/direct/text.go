package direct

import (
	"cmp"
	"errors"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/lazy"
)

var errReadsOurs = errors.New("a launcher reads a variable of hotswap's")

// readsOurs matches a text that may read one.
var readsOurs = lazy.Pattern(`HOTSWAP_|LISTEN_`)

// changing matches variables of a shell that have another value each time.
var changing = lazy.Pattern(`\$[$!]|\$\{?(RANDOM|PPID|SECONDS|SRANDOM|EPOCH|LINENO|BASHPID|_\b)`)

// command returns the words of a shell's text, and the names of the variables that it sets before them, or says why the
// text may be more than one command. The words end at the first one of which the shell makes something else.
func command(text string) (words, sets []string, err error) {
	switch {
	case readsOurs().MatchString(text):
		return nil, nil, errReadsOurs
	case changing().MatchString(text):
		return nil, nil, errors.New("its shell gives the program another word each time")
	}
	s, _ := launchers.Read(text)
	if !s.Single() || s.Redirects ||
		slices.ContainsFunc(s.Commands[0].Words, func(w launchers.Word) bool { return w.Pattern }) {
		return nil, nil, errors.New("its shell runs more than one command")
	}
	return s.Commands[0].Known(), s.Commands[0].Sets, nil
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
