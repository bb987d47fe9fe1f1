package launchers

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// Script is what a shell's text has it do.
type Script struct {
	Commands []Command // all simple commands, those inside others too
	// the text has more than commands with operators between them: conditions, functions, $(…), comments
	Compound  bool
	Redirects bool
	Writes    bool // a redirection writes to a file

	text string
}

// Command is a simple command: NAME=value, a program and its arguments.
type Command struct {
	// before it: "&&", "||", "|", ";" (also for a line's end) or "&"; "" for the first, and inside others
	Operator string
	Sets     []string // the names of the variables before the program, which are the first words
	Words    []Word
}

type Word struct {
	Raw     string // as the shell reads it
	Text    string // what the program gets; "" if that is unknown
	Known   bool   // false: the shell puts something in, such as $PORT
	Pattern bool   // the shell looks for files with such names
}

// longest bounds a text, in bytes.
const longest = 64 << 10

var errText = errors.New("its shell's text is not understood")

// Read reads a text as bash does, which understands more than other shells. A text that is not understood has no
// command.
func Read(text string) (Script, error) {
	s := Script{text: text}
	if len(text) > longest {
		return s, errText
	}
	f, err := syntax.NewParser(syntax.KeepComments(true)).Parse(strings.NewReader(text), "")
	if err != nil {
		return s, errText
	}
	operators := map[*syntax.Stmt]string{}
	for i, st := range f.Stmts {
		switch {
		case i+1 == len(f.Stmts):
			s.Compound = st.Semicolon.IsValid()
		case st.Background:
			operators[f.Stmts[i+1]] = "&"
		default:
			operators[f.Stmts[i+1]] = ";"
		}
	}
	syntax.Walk(f, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt:
			s.add(n, operators)
		case *syntax.ProcSubst:
			s.Compound, s.Writes = true, s.Writes || n.Op == syntax.CmdOut
		case *syntax.CmdSubst, *syntax.ArithmExp, *syntax.ExtGlob, *syntax.Comment, *syntax.ArrayExpr:
			s.Compound = true
		}
		return true
	})
	return s, nil
}

// add adds what a statement does itself. Walk goes on to what is inside.
func (s *Script) add(st *syntax.Stmt, operators map[*syntax.Stmt]string) {
	s.Compound = s.Compound || st.Negated || st.Coprocess || st.Disown
	for _, r := range st.Redirs {
		s.Redirects, s.Writes = true, s.Writes || s.writes(r)
	}
	c := Command{Operator: operators[st]}
	switch is := st.Cmd.(type) {
	case *syntax.CallExpr:
		for _, a := range is.Assigns {
			w := s.word(cmp.Or(a.Value, &syntax.Word{}))
			w.Raw = s.raw(a)
			if w.Known {
				w.Text = a.Name.Value + "=" + w.Text
			}
			c.Sets, c.Words = append(c.Sets, a.Name.Value), append(c.Words, w)
			s.Compound = s.Compound || a.Append || a.Index != nil
		}
		for _, w := range is.Args {
			c.Words = append(c.Words, s.word(w))
		}
	case *syntax.DeclClause: // export and the like
		c.Words = []Word{{Raw: s.raw(is), Text: is.Variant.Value, Known: true}}
	case *syntax.BinaryCmd:
		s.Compound = s.Compound || is.Op == syntax.PipeAll
		operators[is.X], operators[is.Y] = c.Operator, is.Op.String()
		return
	default:
		s.Compound = true
		return
	}
	s.Commands = append(s.Commands, c)
}

// writes reports whether a redirection leads to a file other than /dev/null.
func (s *Script) writes(r *syntax.Redirect) bool {
	switch to := s.word(r.Word); r.Op {
	case syntax.RdrIn, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		return false
	case syntax.DplOut:
		return strings.Trim(to.Text, "0123456789") != "" || !to.Known
	default:
		return to.Text != "/dev/null"
	}
}

func (s *Script) raw(n syntax.Node) string { return s.text[n.Pos().Offset():n.End().Offset()] }

func (s *Script) word(from *syntax.Word) Word {
	var w Word
	if len(from.Parts) > 0 { // A= has none
		w.Raw = s.raw(from)
	}
	w.Known = !strings.HasPrefix(w.Raw, "~")
	for _, part := range from.Parts {
		switch p := part.(type) {
		case *syntax.Lit:
			w.Pattern = w.Pattern || pattern().MatchString(p.Value)
			w.Text += escape().ReplaceAllString(p.Value, "$1")
		case *syntax.SglQuoted:
			w.Text, w.Known = w.Text+p.Value, w.Known && !p.Dollar
		case *syntax.DblQuoted:
			for _, inner := range p.Parts {
				lit, is := inner.(*syntax.Lit)
				w.Known = w.Known && is && !p.Dollar
				if w.Known {
					w.Text += escapeInQuotes().ReplaceAllString(lit.Value, "$1")
				}
			}
		default:
			w.Known = false
		}
	}
	if !w.Known {
		w.Text = ""
	}
	return w
}

var (
	escape         = lazy.Pattern(`(?s)\\(.)`)
	escapeInQuotes = lazy.Pattern("\\\\([$`\"\\\\])")
	pattern        = lazy.Pattern(`(?s)^(?:\\.|[^\\])*?[*?[]`)
)

func (c Command) Program() []Word { return c.Words[len(c.Sets):] }

// Known returns what the program gets, up to the first word of which the shell makes something else.
func (c Command) Known() (words []string) {
	for _, w := range c.Program() {
		if !w.Known {
			break
		}
		words = append(words, w.Text)
	}
	return words
}

// Name returns the name of the program, without its folder; "": that is unknown, or there is none.
func (c Command) Name() string {
	if words := c.Program(); len(words) > 0 && words[0].Text != "" {
		return path.Base(words[0].Text)
	}
	return ""
}

// Single reports whether the text is one command, which is executed once.
func (s Script) Single() bool { return len(s.Commands) == 1 && !s.Compound }

// silent are commands of a shell that act without another process, which hotswap could observe.
var silent = strings.Fields("kill eval source trap .")

// Harmless says what a shell does with this text without another process; nil: nothing.
func Harmless(text string) error {
	s, err := Read(text)
	if err != nil {
		return err
	}
	if s.Writes {
		return errors.New("its shell writes to a file")
	}
	for _, c := range s.Commands {
		for _, w := range c.Program() {
			if slices.Contains(silent, w.Text) {
				return fmt.Errorf("its shell does %q", w.Text)
			}
			if w.Text != "command" && w.Text != "builtin" {
				break
			}
		}
	}
	return nil
}

// IsShell reports whether a standby may start a program that is a shell.
func IsShell(name string) bool {
	l := Named(name)
	return l.Kind == Shell && l.Twice
}

// Runs returns what the arguments of a shell have it run: a text, or else a file. Its name is the first.
func Runs(argv []string) (text, file string) {
	if len(argv) > 1 && path.Base(argv[0]) == "busybox" {
		argv = argv[1:]
	}
	texts := false
	for i := 1; i < len(argv); i++ {
		switch arg := argv[i]; {
		case arg == "--rcfile", arg == "--init-file":
			i++
		case strings.HasPrefix(arg, "--") && arg != "--", strings.HasPrefix(arg, "+"):
		case strings.HasPrefix(arg, "-"):
			texts = texts || strings.Contains(arg, "c")
			if strings.HasSuffix(strings.ToLower(arg), "o") { // -o pipefail, -O extglob
				i++
			}
		case texts:
			return arg, ""
		default:
			return "", arg
		}
	}
	return "", ""
}

// IsScript reports whether a text is that of a file which a shell runs.
func IsScript(text string) bool {
	line, _, _ := strings.Cut(text, "\n")
	by, is := strings.CutPrefix(line, "#!")
	return is && slices.ContainsFunc(strings.Fields(by), func(word string) bool { return IsShell(path.Base(word)) })
}
