package ui

import (
	"fmt"
	"strings"
)

// FileRead prints that hotswap goes by what the project's file says now. keys count only from the
// next start.
func (p *Printer) FileRead(name string, keys []string) {
	text := name + " read again"
	if len(keys) > 0 {
		text += fmt.Sprintf("; %s counts when hotswap starts again or is upgraded (SIGUSR2)", strings.Join(keys, ", "))
	}
	p.info("file-read").Str("file", name).Strs("later", keys).Msg(text)
}

// FileRefused prints that the project's file is wrong now.
func (p *Printer) FileRefused(err error) {
	p.fail("file-refused").Err(err).Msgf("%v; hotswap goes on as the file was before", err)
}
