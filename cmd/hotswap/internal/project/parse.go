package project

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/internal/nearest"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// deepest bounds how deep lists and mappings are nested. A list in a list is two columns further to the right.
const deepest = 64

// Parse reads the text of a file. Errors say where: "hotswap.yaml:12:5: …".
func Parse(path string, text []byte) (_ *File, err error) {
	r := reader{file: &File{Path: path, File: options.File{Values: map[string][]options.Given{}}}}
	defer func() {
		if p := recover(); p != nil { // the library's
			err = exit.Usagef("%s: not YAML: %v", Name, p)
		}
	}()
	// a byte order mark, as some editors write
	tokens := lexer.Tokenize(string(bytes.TrimPrefix(text, []byte("\ufeff"))))
	brackets := 0
	for _, t := range tokens { // the parser takes memory by the square of the depth: gigabytes for 64 KiB
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		}
		if brackets > deepest || t.Type == token.SequenceEntryType && t.Position.Column > 2*deepest {
			return nil, exit.Usagef("%s: lists and mappings are nested too deep", place(t))
		}
	}
	doc, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, syntax(err)
	}
	for i, d := range doc.Docs {
		switch {
		case d.Body == nil:
		case i > 0:
			return nil, r.wrong(d.Body, "a second document: give one")
		default:
			if err := r.mapping(d.Body, "the file", top()); err != nil {
				return nil, err
			}
		}
	}
	f := r.file
	f.Rules = r.tasks
	for _, on := range r.rules {
		events := on.Events
		if len(events) == 0 {
			f.Rules = append(f.Rules, on)
		}
		if on.Beside { // the event is a change of the rule's files
			events = []string{on.Where}
		}
		if len(events) > 0 {
			f.Hooks = append(f.Hooks, report.Hook{Beside: report.Beside{Name: on.Where, Command: on.Run},
				Events: events})
		}
	}
	return f, nil
}

// reader reads a file. Its methods return errors with a position and an exit code.
type reader struct {
	file  *File
	tasks []rule.Rule
	rules []rule.Rule
}

// place returns where a token stands.
func place(t *token.Token) string {
	if t != nil && t.Position != nil {
		return fmt.Sprintf("%s:%d:%d", Name, t.Position.Line, t.Position.Column)
	}
	return Name
}

func at(n ast.Node) string { return place(n.GetToken()) }

// line returns a place without its column.
func line(place string) string { return place[:max(strings.LastIndexByte(place, ':'), 0)] }

func (r *reader) wrong(n ast.Node, format string, args ...any) error {
	return exit.Usagef("%s: %w", at(n), fmt.Errorf(format, args...))
}

// quotes says what is usually wrong.
const quotes = `a value that begins with * ! & % or @, or has ": " in it, needs quotes`

// syntax returns an error of the library as one line.
func syntax(err error) error {
	var e yaml.Error
	if !errors.As(err, &e) || e.GetToken() == nil || e.GetToken().Position == nil {
		return exit.Usagef("%s: not YAML: %w", Name, err)
	}
	why, _, _ := strings.Cut(e.GetMessage(), "\n")
	return exit.Usagef("%s: not YAML: %s; %s", place(e.GetToken()), plain.Short(why, 500), quotes)
}

// reads is how the value of a key is read.
type reads func(r *reader, key string, n ast.Node) error

// field is a key of a mapping.
type field struct {
	name string
	read reads
}

// mapping reads a mapping. what says what that is in errors.
func (r *reader) mapping(n ast.Node, what string, fields []field) error {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		return r.wrong(n, "%s: give keys and values, such as %s: …", what, fields[0].name)
	}
	for _, v := range values {
		name, ok := v.Key.(*ast.StringNode)
		if !ok {
			return r.wrong(v.Key, "a key of %s is a word, such as %s", what, fields[0].name)
		}
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == name.Value })
		if i < 0 {
			return r.unknown(name, what, fields)
		}
		if err := fields[i].read(r, name.Value, v.Value); err != nil {
			return err
		}
	}
	return nil
}

// fewKeys are listed where one is wrong.
const fewKeys = 8

// unknown says where the keys are listed.
func (r *reader) unknown(name *ast.StringNode, what string, fields []field) error {
	var names []string
	for _, f := range fields {
		names = append(names, f.name)
	}
	if len(names) > fewKeys {
		return r.wrong(name, "%q is no key of %s%s; hotswap help options has all", name.Value, what,
			nearest.Hint(name.Value, names, ""))
	}
	return r.wrong(name, "%q is no key of %s: it has %s", name.Value, what, strings.Join(names, ", "))
}

// list returns what calls one for each element of a list; a value that is none counts as its only element.
func list(one reads) reads {
	return func(r *reader, key string, n ast.Node) error {
		seq, ok := n.(*ast.SequenceNode)
		if !ok {
			return one(r, key, n)
		}
		for _, v := range seq.Values {
			if err := one(r, key, v); err != nil {
				return err
			}
		}
		return nil
	}
}

// text returns the text of a value that is neither a list nor a mapping.
func (r *reader) text(n ast.Node, what string) (string, error) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil
	case *ast.AliasNode, *ast.TagNode, *ast.AnchorNode:
		return "", r.wrong(n, "%s: %s", what, quotes)
	}
	return "", r.wrong(n, "%s: give a text", what)
}

// value returns what reads a text, and calls set with it.
func value(set func(text string) error) reads {
	return func(r *reader, key string, n ast.Node) error {
		text, err := r.text(n, key)
		if err != nil {
			return err
		}
		if err := set(text); err != nil {
			return r.wrong(n, "%s: %w", key, err)
		}
		return nil
	}
}

// texts returns what reads one or more texts.
func texts(to *[]string) reads {
	return list(value(func(text string) error {
		*to = append(*to, text)
		return nil
	}))
}

// word returns what reads one of words, and calls set with it.
func word(set func(text string), words ...string) reads {
	return value(func(text string) error {
		if !slices.Contains(words, text) {
			return fmt.Errorf("%q: give %s", text, strings.Join(words, " or "))
		}
		set(text)
		return nil
	})
}
