package project

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// top returns the keys of the file. docs/hotswap.schema.json has them, too.
func top() []field {
	fields := []field{
		{"command", (*reader).command},
		{"beside", list((*reader).beside)},
		{"once", list((*reader).task)},
		{"on", list((*reader).rule)},
	}
	for _, o := range options.All() {
		fields = append(fields, field{options.KeyName(o.Name), option(o)})
	}
	return fields
}

// option reads the value of an option, which [options.Options.Read] checks.
func option(o *options.Option) reads {
	each := list(func(r *reader, key string, n ast.Node) error {
		text, err := r.text(n, key)
		if err == nil {
			where := at(n) + ": " + key + ": "
			r.file.Values[o.Name] = append(r.file.Values[o.Name], options.Given{Where: where, Text: text})
		}
		return err
	})
	return func(r *reader, key string, n ast.Node) error {
		if _, list := n.(*ast.SequenceNode); list && !o.Takes.Many {
			return r.wrong(n, "%s is a list: give one value", key)
		}
		return each(r, key, n)
	}
}

func (r *reader) task(key string, n ast.Node) error {
	t := rule.Rule{Once: true}
	return r.add(&r.tasks, n, &t, key, taskFields(&t))
}

func taskFields(t *rule.Rule) []field {
	return []field{
		{"run", shell(&t.Run)},
		{"inputs", texts(&t.Change)},
		{"outputs", texts(&t.Outputs)},
		{"stop", word(func(string) { t.StopFirst = true }, "first")}, // the old process ends before the command runs
	}
}

func (r *reader) rule(key string, n ast.Node) error {
	var on rule.Rule
	return r.add(&r.rules, n, &on, key, ruleFields(&on))
}

func ruleFields(on *rule.Rule) []field {
	events := []string{report.EventServing, report.EventFailed, report.EventCrashed, report.EventDrained}
	browsers := []string{string(rule.BrowserCSS), string(rule.BrowserReload)}
	return []field{
		{"change", texts(&on.Change)},
		{"run", shell(&on.Run)},
		{"outputs", texts(&on.Outputs)},
		{"when", word(func(string) { on.Beside = true }, "beside")},
		{"signal", value(func(text string) (err error) {
			on.Signal, err = options.ParseSignal(text)
			if err != nil {
				err = fmt.Errorf("%s: %w", options.Quoted(text), err)
			}
			return err
		})},
		{"browser", word(func(text string) { on.Browser = rule.Browser(text) }, browsers...)},
		{"do", word(func(string) { on.Nothing = true }, "nothing")},
		{"event", func(r *reader, key string, n ast.Node) error {
			err := list(word(func(text string) { on.Events = append(on.Events, text) }, events...))(r, key, n)
			if err == nil && len(on.Events) == 0 { // else the rule would be for every start
				err = r.wrong(n, "event is empty: give %s", strings.Join(events, " or "))
			}
			return err
		}},
	}
}

// add reads a rule into to, checks it, and appends it to all.
func (r *reader) add(all *[]rule.Rule, n ast.Node, to *rule.Rule, what string, fields []field) error {
	where := at(n)
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		where = at(m.Values[0].Key)
	}
	to.Where = line(where)
	if err := r.mapping(n, "a rule of "+what, fields); err != nil {
		return err
	}
	if _, err := rule.New("/", []rule.Rule{*to}); err != nil {
		return exit.Usagef("%s: %w", where, errors.Unwrap(err)) // with the column
	}
	*all = append(*all, *to)
	return nil
}

func (r *reader) beside(key string, n ast.Node) error {
	b := report.Beside{Name: line(at(n))}
	var err error
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		err = r.mapping(n, key, besideFields(&b))
		if err == nil && b.Command == "" {
			err = r.wrong(n, "beside has no run: give a command")
		}
	default:
		err = shell(&b.Command)(r, key, n)
	}
	r.file.Beside = append(r.file.Beside, b)
	// to see that it changes
	r.file.Values["beside"] = append(r.file.Values["beside"], options.Given{Where: b.Name, Text: b.Command})
	return err
}

func besideFields(b *report.Beside) []field {
	return []field{
		{"run", shell(&b.Command)},
		{"ready", pattern(&b.Ready, &b.Service)},
		{"failed", pattern(&b.Failed, nil)},
	}
}

// pattern returns what reads a regular expression; an empty one matches nothing. service: it may begin with log:, and
// this reports whether it does.
func pattern(to **regexp.Regexp, service *bool) reads {
	return value(func(text string) (err error) {
		if service != nil {
			text, *service = strings.CutPrefix(text, "log:")
		}
		*to, err = regexp.Compile(cmp.Or(text, `[^\x00-\x{10FFFF}]`))
		return err
	})
}

// shell returns what reads a command for sh -c.
func shell(to *string) reads {
	return func(r *reader, key string, n ast.Node) error {
		text, err := r.text(n, key)
		*to = strings.TrimSpace(text)
		if err == nil && *to == "" {
			err = r.wrong(n, "%s is empty: give a command", key)
		}
		return err
	}
}
