package project

import (
	"cmp"
	"errors"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// top returns the keys of the file. docs/hotswap.schema.json has them, too.
func (r *reader) top() []field {
	fields := []field{
		{"command", r.command},
		{"beside", func(n ast.Node) error { return r.list(n, r.beside) }},
		{"once", func(n ast.Node) error { return r.list(n, r.task) }},
		{"on", func(n ast.Node) error { return r.list(n, r.rule) }},
	}
	for _, key := range options.Docs() {
		fields = append(fields, field{key.Key, func(n ast.Node) error { return r.option(key, n) }})
	}
	return fields
}

// option reads the value of an option, which [options.Options.Read] checks.
func (r *reader) option(key options.Doc, n ast.Node) error {
	if _, list := n.(*ast.SequenceNode); list && !key.Many {
		return r.wrong(n, "%s is a list: give one value", key.Key)
	}
	return r.list(n, func(n ast.Node) error {
		text, err := r.text(n, key.Key)
		if err == nil {
			at := r.at(n) + ": " + key.Key + ": "
			r.file.Values[key.Name] = append(r.file.Values[key.Name], options.Given{Where: at, Text: text})
		}
		return err
	})
}

func (r *reader) task(n ast.Node) error {
	t := rule.Rule{Once: true}
	return r.add(&r.tasks, n, &t, "once", r.taskFields(&t))
}

func (r *reader) taskFields(t *rule.Rule) []field {
	return []field{
		{"run", r.shell("run", &t.Run)},
		{"inputs", r.globs("inputs", &t.Change)},
		{"outputs", r.globs("outputs", &t.Outputs)},
		{"stop", r.word("stop", func(string) { t.StopFirst = true }, "first")}, // the old process ends before the command runs
	}
}

func (r *reader) rule(n ast.Node) error {
	var on rule.Rule
	return r.add(&r.rules, n, &on, "on", r.ruleFields(&on))
}

func (r *reader) ruleFields(on *rule.Rule) []field {
	events := []string{report.EventServing, report.EventFailed, report.EventCrashed, report.EventDrained}
	browsers := []string{string(rule.BrowserCSS), string(rule.BrowserReload)}
	return []field{
		{"change", r.globs("change", &on.Change)},
		{"run", r.shell("run", &on.Run)},
		{"outputs", r.globs("outputs", &on.Outputs)},
		{"when", r.word("when", func(string) { on.Beside = true }, "beside")},
		{"signal", func(n ast.Node) error {
			text, err := r.text(n, "signal")
			if err != nil {
				return err
			}
			if on.Signal, err = options.ParseSignal(text); err != nil {
				return r.wrong(n, "signal: %s: %w", options.Quoted(text), err)
			}
			return nil
		}},
		{"browser", r.word("browser", func(text string) { on.Browser = rule.Browser(text) }, browsers...)},
		{"do", r.word("do", func(string) { on.Nothing = true }, "nothing")},
		{"event", func(n ast.Node) error {
			err := r.list(n, r.word("event", func(text string) { on.Events = append(on.Events, text) }, events...))
			if err == nil && len(on.Events) == 0 { // else the rule would be for every start
				err = r.wrong(n, "event is empty: give %s", strings.Join(events, " or "))
			}
			return err
		}},
	}
}

// add reads a rule into to, checks it, and appends it to all.
func (r *reader) add(all *[]rule.Rule, n ast.Node, to *rule.Rule, what string, fields []field) error {
	at := r.at(n)
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		at = r.at(m.Values[0].Key)
	}
	to.Where = at[:max(strings.LastIndexByte(at, ':'), 0)]
	if err := r.mapping(n, "a rule of "+what, fields); err != nil {
		return err
	}
	if _, err := rule.New("/", []rule.Rule{*to}); err != nil {
		return exit.Usagef("%s: %w", at, errors.Unwrap(err)) // with the column
	}
	*all = append(*all, *to)
	return nil
}

func (r *reader) beside(n ast.Node) error {
	b := report.Beside{Name: r.at(n)}
	b.Name = b.Name[:max(strings.LastIndexByte(b.Name, ':'), 0)]
	var err error
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		if err = r.mapping(n, "beside", r.besideFields(&b)); err == nil && b.Command == "" {
			err = r.wrong(n, "beside has no run: give a command")
		}
	default:
		err = r.shell("beside", &b.Command)(n)
	}
	r.file.Beside = append(r.file.Beside, b)
	r.file.Values["beside"] = append(r.file.Values["beside"], options.Given{Where: b.Name, Text: b.Command}) // to see that it changes
	return err
}

func (r *reader) besideFields(b *report.Beside) []field {
	return []field{
		{"run", r.shell("run", &b.Command)},
		{"ready", r.pattern("ready", &b.Ready, &b.Service)},
		{"failed", r.pattern("failed", &b.Failed, nil)},
	}
}

// pattern returns what reads a regular expression; an empty one matches nothing. service: it may begin with log:, and this
// reports whether it does.
func (r *reader) pattern(what string, to **regexp.Regexp, service *bool) func(ast.Node) error {
	return func(n ast.Node) error {
		text, err := r.text(n, what)
		if service != nil {
			text, *service = strings.CutPrefix(text, "log:")
		}
		if err == nil {
			if *to, err = regexp.Compile(cmp.Or(text, `[^\x00-\x{10FFFF}]`)); err != nil {
				err = r.wrong(n, "%s: %w", what, err)
			}
		}
		return err
	}
}

// shell returns what reads a command for sh -c.
func (r *reader) shell(what string, to *string) func(ast.Node) error {
	return func(n ast.Node) error {
		text, err := r.text(n, what)
		if *to = strings.TrimSpace(text); err == nil && *to == "" {
			err = r.wrong(n, "%s is empty: give a command", what)
		}
		return err
	}
}

// globs returns what reads one or more patterns, which [rule.New] checks.
func (r *reader) globs(what string, to *[]string) func(ast.Node) error {
	return func(n ast.Node) error {
		return r.list(n, func(n ast.Node) error {
			glob, err := r.text(n, what)
			*to = append(*to, glob)
			return err
		})
	}
}
