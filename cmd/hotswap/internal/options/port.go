package options

import (
	"errors"
	"strconv"
	"strings"
)

// Port is the value of --port. The zero value is none.
type Port struct {
	Number int
	Auto   bool // the folder's own one, from Number on
}

func parsePort(text string) (p Port, err error) {
	if text == "auto" {
		text = "auto=4000"
	}
	text, p.Auto = strings.CutPrefix(text, "auto=")
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return p, errors.New("give auto, auto=4000 or a port, such as 4000")
	}
	p.Number = int(n)
	return p, nil
}
