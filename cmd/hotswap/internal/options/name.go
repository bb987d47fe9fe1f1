package options

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

var (
	named  = lazy.Pattern(`^[\w.][\w.:-]*$`)
	copies = lazy.Pattern(`[.#]\d+$`) // of a process in a Procfile
)

func parseName(text string) (string, error) {
	if len(text) > 64 || !named().MatchString(text) { // a number in the pattern takes a millisecond to compile
		return "", errors.New("give at most 64 letters, digits and . _ : -, such as web")
	}
	return text, nil
}

// givenName returns the name that whoever starts hotswap has for it; "": none that may be one. Foreman and overmind say
// a Procfile's process in PS (web.1, web#1), honcho in HONCHO_PROCESS_NAME. npm's variables are also in the environment
// of what a script starts in other ways, and npx has no name for what it starts.
func givenName() string {
	name := copies().ReplaceAllString(cmp.Or(os.Getenv("PS"), os.Getenv("HONCHO_PROCESS_NAME")), "")
	script := strings.Fields(os.Getenv("npm_lifecycle_script"))
	isHotswap := func(word string) bool { return filepath.Base(word) == "hotswap" }
	if event := os.Getenv("npm_lifecycle_event"); event != "npx" && slices.ContainsFunc(script, isHotswap) {
		name = cmp.Or(name, event)
	}
	name, _ = parseName(name)
	return name
}
