package node

import (
	"errors"
	"iter"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// errPermission says why a generation has no adapter. Node's permission model
// (--permission, in Node 20 --experimental-permission) lets a program read only what
// its command line names. Node requires the adapter before the program, may not read
// it, and ends. To allow it by NODE_OPTIONS is no way out: --allow-fs-read there ends
// every Node that has no --permission (ERR_MISSING_OPTION).
var errPermission = errors.New("under --permission Node may not read hotswap's adapter, and would not start")

// restricted reports whether a command itself says that its Node runs under the permission
// model. Denied detects what is behind a wrapper, such as a script of package.json.
func restricted(argv, env []string) bool {
	for _, kv := range env {
		if value, ok := strings.CutPrefix(kv, optionsVar+"="); ok && permits(parseOptions(splitOptions(value))) {
			return true
		}
	}
	if len(argv) > 0 && handoff.IsNode(filepath.Base(argv[0])) {
		return permits(commandOptions(argv[1:]))
	}
	// A wrapper, or a shell with its text, names Node, or a program that passes its options
	// on to Node. Words behind another program's name are that program's.
	words := strings.Fields(strings.Join(argv, " "))
	for i, word := range words {
		name := filepath.Base(word)
		if (handoff.IsNode(name) || slices.Contains(passing, name)) && permits(commandOptions(words[i+1:])) {
			return true
		}
	}
	return false
}

// passing are programs that start Node with the options that they are given.
var passing = []string{"tsx", "nodemon"}

// permits reports whether some of Node's options turns on the permission model.
func permits(options iter.Seq[option]) bool {
	for o := range options {
		if o.isPermission() {
			return true
		}
	}
	return false
}

// denied matches Node's line about a file that it may not read (ERR_ACCESS_DENIED), if that
// is the adapter.
var denied = regexp.MustCompile(`\bresource: '[^']*/node-[0-9a-f]{16}/` + regexp.QuoteMeta(entry) + `'`).MatchString

// Denied reports, from the last lines of a generation's standard error, that a Node ended
// because it may not read the adapter. It returns true once; later generations start without
// the adapter.
func (t *Transport) Denied(last []string) bool {
	return t != nil && slices.ContainsFunc(last, denied) && !t.leftOut.Swap(true)
}
