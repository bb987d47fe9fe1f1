package watcher

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
)

// taking is a command line of which hotswap takes the watcher's part.
type taking struct {
	p     *Project
	row   *watcher
	lead  []shell.Word // before the watcher: NAME=value, wrappers, python -m
	prog  []shell.Word // the watcher's name
	args  []shell.Word // what stays of its arguments
	rest  int          // where in args the words begin that are no options; len(args) if there are none
	given []given
	// watching are the options of a compiler that switch its watching on, and say what it watches.
	watching []shell.Word
	f        *Found
}

// given is an option of the watcher that its row does not take over by itself.
type given struct {
	means string
	value shell.Word
}

// values returns the values of the options with this meaning.
func (t *taking) values(means string) (values []shell.Word) {
	for _, g := range t.given {
		if g.means == means {
			values = append(values, g.value)
		}
	}
	return values
}

var pythonName = regexp.MustCompile(`^(python|pypy)[0-9.]*$`)

// Base returns the name of a program, without folder and ending.
func Base(w shell.Word) string {
	name := path.Base(strings.ReplaceAll(w.Text, `\`, "/"))
	for _, end := range [...]string{".cmd", ".exe"} {
		name = strings.TrimSuffix(name, end)
	}
	return name
}

// Find looks for a watcher in a simple command. It returns nil if there is none, and the
// command is another program. dir is the folder in which the command runs.
func (p *Project) Find(words []shell.Word, dir string) *Found {
	at := Program(words)
	if at >= len(words) || !words[at].Known {
		return nil
	}
	end := at + 1
	name := Base(words[at])
	if pythonName.MatchString(name) {
		if name, end = pythonProgram(words, at); end == 0 {
			return nil
		}
		at = end - 1
		if f := p.coded(words[at]); f != nil {
			return f
		}
	}
	for _, row := range byProgram[name] {
		t := &taking{p: p, row: row, lead: words[:at:at], prog: words[at:end:end], f: &Found{Watcher: row.name, Dir: dir}}
		if t.scan(words[end:]) {
			return t.f
		}
	}
	return nil
}

// Plain takes a script that watches nothing. Its steps before the last become rules.
func (p *Project) Plain(script string) *Found {
	t := taking{p: p, f: &Found{}}
	t.script(script)
	return t.f
}

// pythonProgram returns the module or the script that Python runs, and where its name ends.
func pythonProgram(words []shell.Word, at int) (name string, end int) {
	for i := at + 1; i < len(words); i++ {
		switch w := words[i]; {
		case !w.Known:
			return "", 0
		case w.Text == "-m" && i+1 < len(words):
			return words[i+1].Text, i + 2
		case w.Text == "-X" || w.Text == "-W":
			i++
		case strings.HasPrefix(w.Text, "-"):
		default:
			return Base(w), i + 1
		}
	}
	return "", 0
}

// scan reads the watcher's arguments by its row, and reports whether it watches.
func (t *taking) scan(words []shell.Word) (watches bool) {
	row := t.row
	watches = row.always || row.byFile != nil && t.said(*row.byFile)
	verb := row.verb == ""
	t.rest = -1
	for i := 0; i < len(words); i++ {
		w := words[i]
		if !w.Known || !strings.HasPrefix(w.Text, "-") || w.Text == "-" {
			switch {
			case !verb && slices.Contains(strings.Fields(row.verb), w.Text):
				verb = true
				if row.stays {
					t.args = append(t.args, w)
				}
				continue
			case !verb && row.script: // tsx build.ts watch
				return false
			case w.Known && slices.Contains(strings.Fields(row.skip), w.Text):
				t.args = append(t.args, w)
				continue
			}
			if t.rest < 0 {
				t.rest = len(t.args)
			}
			t.args = append(t.args, w)
			if row.script {
				t.args = append(t.args, words[i+1:]...)
				break
			}
			continue
		}
		if w.Text == "--" {
			if t.rest < 0 {
				t.rest = len(t.args)
			}
			if row.becomes == nil {
				t.args = append(t.args, w)
			}
			t.args = append(t.args, words[i+1:]...)
			break
		}
		name, value, hasValue := strings.Cut(w.Text, "=")
		o, ok := row.option(name)
		if !ok {
			t.args = append(t.args, w)
			continue
		}
		v := shell.Word{Raw: shell.Quote(value), Text: value, Known: true}
		used := words[i : i+1]
		if o.takes && !hasValue && i+1 < len(words) {
			i++
			v, hasValue = words[i], true
			used = words[i-1 : i+1]
		}
		if o.means == "onMaybe" {
			o.means = on
			if !hasValue && i+1 < len(words) && !strings.HasPrefix(words[i+1].Text, "-") {
				i++
				used = words[i-1 : i+1]
				t.take(option{o.name, true, watch}, words[i])
			}
			t.watching = append(t.watching, used...)
		}
		if o.means == ignore {
			t.watching = append(t.watching, used...)
		}
		if value == "false" && !o.takes {
			continue // --clear-screen=false, --watch=false
		}
		switch o.means {
		case "":
			t.args = append(t.args, used...)
		case never:
			return false
		case off:
			return false
		case on:
			watches = true
			if hasValue && value != "true" { // deno --watch=templates
				t.take(option{o.name, true, more}, v)
			}
		case keepOn:
			watches = true
			t.args = append(t.args, used...)
		case drop:
		case watch:
			watches = true // node --watch-path
			t.take(o, v)
		default:
			t.take(o, v)
		}
	}
	if t.rest < 0 {
		t.rest = len(t.args)
	}
	if !watches || !verb {
		return false
	}
	return t.finish()
}

// option returns what the row says about an option. Programs written in Go take one dash or
// two.
func (w *watcher) option(name string) (option, bool) {
	o, ok := w.table[name]
	if !ok && (w.name == "CompileDaemon" || w.name == "air") {
		o, ok = w.table["-"+name]
	}
	return o, ok
}

// take takes over one option with its value.
func (t *taking) take(o option, v shell.Word) {
	switch o.means {
	case run, build, "delay", "config", "exec", "shell":
		t.given = append(t.given, given{o.means, v})
		return
	case "exclude": // deno --watch-exclude, with or without a value
		if v.Text == "" {
			return
		}
		o.means = ignore
	}
	if !v.Known {
		t.f.Leave(o.name + " " + v.Raw + ": hotswap does not know what the shell makes of it")
		return
	}
	if t.row.name == "flask run" { // lists as in PATH
		v.Text = strings.ReplaceAll(v.Text, ":", ",")
	}
	t.p.take(t.f, o.means, v.Text, o.name)
}

// finish makes the command without the watcher.
func (t *taking) finish() bool {
	if t.row.refuse != "" {
		t.f.Refuse = t.row.refuse
	}
	if t.f.Refuse != "" {
		return true
	}
	if t.row.becomes != nil {
		return t.row.becomes(t)
	}
	if t.row.script && t.rest == len(t.args) {
		return false // no program: tsx watch alone does nothing
	}
	t.command(t.same())
	return true
}

// same returns the watcher's own command line without its options.
func (t *taking) same() []shell.Word {
	prog := t.prog
	if t.row.rename != "" {
		prog = []shell.Word{shell.Plain(t.row.rename)}
	}
	words := slices.Concat(t.lead, prog, t.args)
	if t.row.add != "" {
		words = append(words, shell.Plain(t.row.add))
	}
	return words
}

// command sets the command.
func (t *taking) command(words []shell.Word) {
	t.f.Command = shell.Join(t.p.envFile(t.f, words))
}
