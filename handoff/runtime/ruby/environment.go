package ruby

import (
	"embed"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

//go:embed site/*.rb
var scripts embed.FS

// Variables that a Ruby process of the program gets, and takes away.
const (
	Variable     = "HOTSWAP_RUBY"      // the folder for what it tells
	HoldVariable = "HOTSWAP_RUBY_HOLD" // the folder of a standby
	optVar       = "RUBYOPT"
)

// newTransport has each generation's Ruby processes tell what they load.
func newTransport(tmp *scratch.Folder) *modules.Transport {
	site, err := fs.Sub(scripts, "site")
	if err != nil {
		panic(err) // no valid path
	}
	return modules.New(modules.Config{Name: "ruby", Scripts: site, Variables: []string{Variable, HoldVariable}, Separators: " \t\n\v\f\r", Environ: environ}, tmp)
}

// environ is env with our script first in RUBYOPT, which knows no quotes.
func environ(env []string, site, dir string) ([]string, error) {
	script := "-r" + filepath.Join(site, "hotswap.rb")
	at := slices.IndexFunc(env, func(kv string) bool { return strings.HasPrefix(kv, optVar+"=") })
	if at < 0 {
		return append(env, optVar+"="+script, Variable+"="+dir), nil
	}
	switch given := env[at][len(optVar)+1:]; {
	case given == "": // which is not the same as none, and could not be told from it
		return nil, errors.New("RUBYOPT is the empty text")
	case given != script && !strings.HasPrefix(given, script+" "): // of a hotswap above
		env[at] = optVar + "=" + script + " " + given
	}
	return append(env, Variable+"="+dir), nil
}
