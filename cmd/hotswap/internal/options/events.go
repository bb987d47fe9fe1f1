package options

import (
	"errors"
	"strconv"
	"strings"
)

// Events is where --events writes. The zero value is nowhere.
type Events struct {
	Path string
	FD   int // inherited, from 3 on; 0: a path
}

// parseEvents reads the value of --events: FILE or fd:N.
func parseEvents(text string) (e Events, err error) {
	number, ok := strings.CutPrefix(text, "fd:")
	if !ok {
		e.Path = text
	} else if e.FD, err = strconv.Atoi(number); err != nil || e.FD < 3 {
		err = errors.New("give the number of a descriptor from 3 on, such as fd:3")
	}
	if e == (Events{}) {
		err = errors.New("give a file, or fd:3")
	}
	return e, err
}
