package setup

import (
	"path"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// Proposal is what hotswap.yaml should say: a command that watches files itself, and what hotswap needs to do the same.
type Proposal struct {
	Source  string // where the command was found, such as "the script dev of package.json"
	Old     string // what hotswap replaces there; "": nothing
	Watcher string // the name of the watcher, such as "tsx watch"
	Outer   string // the command before it that asks a service for secrets, and stays before hotswap; "": none
	Command string // for a shell: what the watcher ran
	Keys    []Key
	Left    []string // what hotswap does not take over, a line each
	Refused bool     // hotswap takes over nothing

	script string            // of package.json that has the command; "": none has
	whole  bool              // nothing runs beside or before what hotswap replaces
	ready  map[string]string // of the values of beside: the line by which each says that it is done
	off    string            // the option that switches off a watcher that is part of the program; "": there is none
}

// Key is an option of hotswap, with its name as on the command line, without --.
type Key struct {
	Name   string
	Values []string
}

func (f *Proposal) Add(name, value string) {
	i := slices.IndexFunc(f.Keys, func(k Key) bool { return k.Name == name })
	switch {
	case i < 0:
		f.Keys = append(f.Keys, Key{name, []string{value}})
	case !slices.Contains(f.Keys[i].Values, value):
		f.Keys[i].Values = append(f.Keys[i].Values, value)
	}
}

func (f *Proposal) has(name string) bool {
	return slices.ContainsFunc(f.Keys, func(k Key) bool { return k.Name == name })
}

func (f *Proposal) leave(text string) {
	if !slices.Contains(f.Left, text) {
		f.Left = append(f.Left, text)
	}
}

// take adds one value of an option of the watcher, named from, or says that it is left.
func (p *project) take(f *Proposal, means, value, from string) {
	said, fits := strings.TrimSpace(from+" "+value), false
	switch means {
	case drop, on, never:
		return
	case watch:
		value = path.Clean(value)
		fits = p.has(value) || rules.OutputDir(value) // a build may not have run yet
	case ignore:
		value = strings.TrimPrefix(value, "./")
		_, err := rules.New(rules.Config{Root: "/", Ignore: []string{value}})
		// a list of some
		fits = err == nil && value != "" && !strings.HasPrefix(value, "!") && !strings.Contains(value, ",")
	case signal:
		_, err := options.ParseSignal(value)
		fits = err == nil && !f.has(signal)
	}
	if fits {
		f.Add(means, value)
	} else {
		f.leave(said)
	}
}
