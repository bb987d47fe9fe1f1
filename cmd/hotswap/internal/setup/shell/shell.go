// Package shell reads shell scripts as far as it takes to replace one command in them.
package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Bounds of the scripts that are read.
const (
	scriptLimit = 4 << 10 // bytes; the parser may take a time that grows with the square
	leafLimit   = 100     // simple commands
)

// Word is a word of a command line.
type Word struct {
	Raw   string // as a shell reads it
	Text  string // what the program gets, if known
	Known bool   // false: the shell puts something in, such as $PORT
}

// Plain returns a word that means text.
func Plain(text string) Word { return Word{Quote(text), text, true} }

// PlainWords returns the words of an argument list. NAME=value behind a program such as env sets
// a variable, as it does in a command line.
func PlainWords(argv []string) (words []Word) {
	for i, arg := range argv {
		w := Plain(arg)
		if name, value, ok := strings.Cut(arg, "="); ok && i > 0 && syntax.ValidName(name) {
			w.Raw = name + "=" + Quote(value)
			if value == "" {
				w.Raw = arg
			}
		}
		words = append(words, w)
	}
	return words
}

// Join returns the command line of words.
func Join(words []Word) string {
	raw := make([]string, len(words))
	for i, w := range words {
		raw[i] = w.Raw
	}
	return strings.Join(raw, " ")
}

// Quote quotes a word for a shell where it needs that.
func Quote(text string) string {
	if q, err := syntax.Quote(text, syntax.LangPOSIX); err == nil {
		return q
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" // no UTF-8, or a zero byte
}

// Leaf is a simple command of a script: a program with its arguments, and NAME=value before it.
type Leaf struct {
	From, To int // in the script, without redirections
	Words    []Word
	List     int    // leaves of the same list, such as a && b, share this number
	Before   []Leaf // those of the same list that have run to their end
	Piped    bool   // part of a pipeline
}

// Parse returns the simple commands of a script, in order. Those in loops, conditions and
// functions are not among them. ok is false if no shell would read the script, or if it is long.
func Parse(script string) (leaves []Leaf, ok bool) {
	if len(script) > scriptLimit {
		return nil, false
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(script), "")
	if err != nil {
		return nil, false
	}
	p := parser{script: script}
	p.list(file.Stmts)
	return p.leaves, len(p.leaves) <= leafLimit
}

type parser struct {
	script string
	lists  int
	leaves []Leaf
}

func (p *parser) list(stmts []*syntax.Stmt) {
	p.lists++
	number := p.lists
	var before []Leaf
	for _, s := range stmts {
		before = p.stmt(s, number, before, false)
	}
}

// stmt returns the commands that have ended when the statement has, before it included.
func (p *parser) stmt(s *syntax.Stmt, list int, before []Leaf, piped bool) []Leaf {
	if len(p.leaves) > leafLimit {
		return before
	}
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		l, ok := p.leaf(c, s.Redirs)
		if !ok {
			return before
		}
		l.List, l.Before, l.Piped = list, before, piped
		p.leaves = append(p.leaves, l)
		if s.Background || piped {
			return before
		}
		return append(before[:len(before):len(before)], l)
	case *syntax.BinaryCmd:
		if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
			p.stmt(c.X, list, before, true)
			p.stmt(c.Y, list, before, true)
			return before
		}
		return p.stmt(c.Y, list, p.stmt(c.X, list, before, piped), piped)
	case *syntax.Subshell:
		p.list(c.Stmts)
	case *syntax.Block:
		p.list(c.Stmts)
	}
	return before
}

func (p *parser) leaf(c *syntax.CallExpr, redirs []*syntax.Redirect) (l Leaf, ok bool) {
	l.From, l.To = int(c.Pos().Offset()), int(c.End().Offset())
	for _, r := range redirs {
		if at := int(r.Pos().Offset()); at > l.From && at < l.To {
			return l, false // tsx >log watch: the words are not one piece of text
		}
	}
	for _, a := range c.Assigns {
		raw := p.script[a.Pos().Offset():a.End().Offset()]
		w := Word{Raw: raw}
		if a.Value == nil {
			w.Text, w.Known = raw, true
		} else if w.Text, w.Known = literal(a.Value); w.Known {
			w.Text = a.Name.Value + "=" + w.Text
		}
		l.Words = append(l.Words, w)
	}
	for _, arg := range c.Args {
		w := Word{Raw: p.script[arg.Pos().Offset():arg.End().Offset()]}
		w.Text, w.Known = literal(arg)
		l.Words = append(l.Words, w)
	}
	return l, len(l.Words) > 0
}

// literal returns the text of a word in which the shell replaces nothing but quotes. A
// pattern (*.js) counts as Text: the shell leaves it alone if no file matches.
func literal(w *syntax.Word) (text string, known bool) {
	var b strings.Builder
	for _, part := range w.Parts {
		switch part := part.(type) {
		case *syntax.Lit:
			b.WriteString(unescaped(part.Value, false))
		case *syntax.SglQuoted:
			b.WriteString(part.Value)
		case *syntax.DblQuoted:
			for _, inner := range part.Parts {
				lit, ok := inner.(*syntax.Lit)
				if !ok {
					return "", false
				}
				b.WriteString(unescaped(lit.Value, true))
			}
		default:
			return "", false
		}
	}
	return b.String(), true
}

// unescaped removes backslashes as a shell does, between double quotes or outside of quotes.
func unescaped(text string, quoted bool) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && (!quoted || strings.IndexByte("$`\"\\\n", text[i+1]) >= 0) {
			if i++; text[i] == '\n' {
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// IsAssignment reports whether a word before the program's name sets a variable.
func IsAssignment(w Word) bool {
	name, _, ok := strings.Cut(w.Raw, "=")
	return ok && syntax.ValidName(name)
}

// Chain cuts a && b && c into the steps before the last command, and that.
func Chain(script string, leaves []Leaf) (steps []string, last []Word, ok bool) {
	for i, l := range leaves {
		if l.Piped || len(l.Before) != i || l.Stateful() {
			return nil, nil, false
		}
		if i > 0 && strings.Trim(script[leaves[i-1].To:l.From], " ") != "&&" {
			return nil, nil, false
		}
		if i < len(leaves)-1 {
			steps = append(steps, Join(l.Words))
		}
	}
	if n := len(leaves); n < 2 || leaves[0].From != 0 || leaves[n-1].To != len(strings.TrimRight(script, " ")) {
		return nil, nil, false
	}
	return steps, leaves[len(leaves)-1].Words, true
}

// Stateful reports whether the command changes the shell that runs it.
func (l Leaf) Stateful() bool {
	first := l.Words[0]
	if i := slices.IndexFunc(l.Words, func(w Word) bool { return !IsAssignment(w) }); i < 0 {
		return true // X=y alone
	} else if i > 0 {
		return false
	}
	return !first.Known || slices.Contains(strings.Fields("cd pushd popd export unset set source . ulimit umask eval alias trap exec"), first.Text)
}
