package setup

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// reading is a command line of which hotswap takes over the watcher's part.
type reading struct {
	p     *project
	row   watcher
	lead  []word          // before the watcher, such as NAME=value, npx and python -m
	prog  word            // the watcher's name
	args  []word          // what stays of its arguments
	rest  int             // where in args the words begin that are no options
	given map[string]word // the options that the row's own function takes over
	found *Proposal
}

// runners are names of what finds the programs of node_modules.
const runners = `^(npx|bunx|pnpx|npm|pnpm|yarn|bun)$`

var (
	runner = lazy.Pattern(runners)
	leads  = lazy.Pattern(runners +
		`|^(?:python|pypy)[0-9.]*$|^(cross-env|env|exec|dotenv|env-cmd|dotenvx|` +
		`uv|poetry|pipenv|pdm|rye|hatch|bundle|run|x)$`)
)

// programs returns where the program of a command may stand: the first word behind NAME=value, and
// if that word leads to another program, as npx and env do, the next, and so on.
func programs(words []word) (at []int) {
	asks := false // a wrapper for secrets, whose command is behind --
	for i, w := range words {
		asks = (asks || launchers.Named(base(w)).Asks) && w.Text != "--"
		if assigns(w) || strings.HasPrefix(w.Text, "-") {
			continue
		}
		at = append(at, i)
		option := words[max(i-1, 0)].Text
		value := strings.HasPrefix(option, "-") && option != "--" && option != "-m" // dotenv -e FILE
		if !value && !asks && !leads().MatchString(base(w)) {
			break
		}
	}
	return at
}

// base returns the name of a program, without folder and ending.
func base(w word) string {
	name := path.Base(strings.ReplaceAll(w.Text, `\`, "/"))
	return strings.TrimSuffix(strings.TrimSuffix(name, ".cmd"), ".exe")
}

// find looks for a watcher in a simple command. It returns nil if the command has none.
func (p *project) find(words []word) *Proposal {
	for _, at := range programs(words) {
		for _, row := range watchers() {
			r := &reading{p: p, row: row, lead: words[:at], prog: words[at], given: map[string]word{},
				found: &Proposal{Old: join(words), Watcher: row.name, off: row.add, whole: true}}
			if !slices.Contains(strings.Fields(row.programs), base(words[at])) || !r.scan(words[at+1:]) {
				continue
			}
			if row.becomes == nil {
				r.found.Command = join(r.same())
			} else {
				row.becomes(r)
			}
			return r.found
		}
	}
	return nil
}

// scan reads the watcher's arguments by its row, and reports whether it watches.
func (r *reading) scan(words []word) (watches bool) {
	verbs := strings.Fields(r.row.verb)
	verb := len(verbs) == 0
	watches = r.row.always
	r.rest = -1
	for len(words) > 0 {
		w, left := words[0], words[1:]
		switch {
		case w.Text == "--" && r.row.becomes != nil:
			r.rest = len(r.args)
			r.args, left = append(r.args, left...), nil
		case w.Known && strings.HasPrefix(w.Text, "-") && len(w.Text) > 1:
			n := 1
			if o := find(r.row.options, w.Text); o != nil && o.takes && len(left) > 0 {
				n = 2
			}
			left = words[n:]
			switch r.take(words[:n]) {
			case never:
				return false
			case on:
				watches = true
			}
		case !verb && slices.Contains(verbs, w.Text):
			verb = true
			if r.row.stays {
				r.args = append(r.args, w)
			}
		case !verb && r.row.script: // tsx build.ts watch
			return false
		default:
			if r.rest < 0 && (w.Text == "" || w.Text != r.row.skip) {
				r.rest = len(r.args)
			}
			r.args = append(r.args, w)
			if r.rest >= 0 && r.row.script {
				r.args, left = append(r.args, left...), nil
			}
		}
		words = left
	}
	if r.rest < 0 {
		r.rest = len(r.args)
	}
	// tsx watch alone does nothing
	return watches && verb && (!r.row.script || r.row.becomes != nil || r.rest < len(r.args))
}

// take takes over an option, which may have its value in a word of its own. It returns on or
// never where the option says that the program watches, or does not.
func (r *reading) take(used []word) string {
	name, value, _ := strings.Cut(used[0].Text, "=")
	o := cmp.Or(find(r.row.options, name), &option{})
	v := plainWord(value)
	if len(used) > 1 {
		v = used[1]
	}
	switch {
	case value == "false" && !o.takes && o.means != "": // --clear-screen=false, --watch=false
	case o.means == "", o.means == keepOn:
		r.args = append(r.args, used...)
		return map[string]string{keepOn: on}[o.means]
	case o.means == given:
		r.given[o.name] = v
	case o.means == on && value != "": // deno run --watch=views
		r.found.leave(o.name + " " + value)
	case !v.Known:
		r.found.leave(o.name + " " + v.Raw + ": hotswap does not know what the shell makes of it")
	default:
		r.p.take(r.found, o.means, v.Text, o.name)
		if o.means == watch { // node --watch-path
			return on
		}
	}
	return o.means
}

// same returns the watcher's own command line without its options.
func (r *reading) same() []word {
	prog := r.prog
	if r.row.rename != "" {
		prog = plainWord(r.row.rename)
	}
	words := slices.Concat(r.lead, []word{prog}, r.args)
	if r.row.add != "" {
		words = append(words, plainWord(r.row.add))
	}
	return words
}

// env returns what stands before the watcher without what finds the watcher in node_modules, such
// as npx: hotswap finds what the watcher ran.
func (r *reading) env() []word {
	if i := slices.IndexFunc(r.lead, func(w word) bool { return runner().MatchString(base(w)) }); i >= 0 {
		return r.lead[:i]
	}
	return r.lead
}
