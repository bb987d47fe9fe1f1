package options

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
)

// Option is one option: a flag of the command line and, where env is set, a variable of
// the environment. It implements cli.Flag. The library only collects the texts and Parse
// reads them, because the library's errors about a value name neither the option as
// people write it nor what it takes.
type Option struct {
	group   string // the heading in the help
	Name    string
	Alias   string // one letter
	Env     string
	Shows   string // the form of the value; "": the option is a switch
	initial string // the default value, as text
	Help    string
	brief   string // a few words for the first screen of the help; "": the option is not there
	Takes   *value
	adds    bool // a file and the command line do not replace each other
	given   []Given
}

func (o *Option) Apply(set *flag.FlagSet) error {
	set.Var(o.Takes, o.Name, o.Help)
	if o.Alias != "" {
		set.Var(o.Takes, o.Alias, o.Help)
	}
	return nil
}

// Names leaves the alias out: the library would copy the value from one name to the
// other, and both share the value already.
func (o *Option) Names() []string { return []string{o.Name} }

func (o *Option) IsSet() bool         { return len(o.Takes.texts) > 0 }
func (o *Option) IsVisible() bool     { return true }
func (o *Option) GetCategory() string { return o.group }

// The help has two columns in 80, and its first screen, too.
const (
	helpColumn  = 26
	helpWidth   = 80 - helpColumn
	briefColumn = 31
)

// Brief returns the option in one line for the first screen of the help, or "".
func (o *Option) Brief() string {
	if o.brief == "" {
		return ""
	}
	return fmt.Sprintf("%-*s %s", briefColumn-1, o.head(), o.brief)
}

func (o *Option) head() string {
	head := "      --" + o.Name
	if o.Alias != "" {
		head = "  -" + o.Alias + ", --" + o.Name
	}
	return strings.TrimSuffix(head+" "+o.Shows, " ")
}

// Short returns the help up to its first semicolon.
func (o *Option) Short() string {
	short, _, _ := strings.Cut(o.Help, ";")
	return short
}

// All returns the options of hotswap.
func All() []*Option {
	var o Options
	o.Flags()
	return o.rows
}

func KeyName(option string) string { return strings.ReplaceAll(option, "-", "_") }

// String is what the library sorts options by at each start.
func (o *Option) String() string { return o.Name }

// Whole returns the option as the whole help shows it.
func (o *Option) Whole() string {
	head, help := o.head(), o.Help
	if o.Takes.Many {
		help += " (repeatable)"
	}
	if o.initial != "" {
		help += " (default " + o.initial + ")"
	}
	indent := "\n" + strings.Repeat(" ", helpColumn)
	text := wrapped(help, indent)
	if room := helpColumn - utf8.RuneCountInString(head); room > 0 {
		return head + strings.Repeat(" ", room) + text
	}
	return head + indent + text
}

// wrapped breaks text by indent into lines of at most helpWidth characters.
func wrapped(text, indent string) string {
	var out strings.Builder
	used := 0
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case used+1+n > helpWidth:
			out.WriteString(indent)
			used = 0
		default:
			out.WriteByte(' ')
			used++
		}
		out.WriteString(word)
		used += n
	}
	return out.String()
}

// Arguments reads the options of a sub-command, and returns its arguments, between which options may stand. The library
// reads those before the first argument.
func Arguments(c *cli.Context) (args []string, err error) {
	for left := c.Args().Slice(); len(left) > 0; {
		args = append(args, left[0])
		set := flag.NewFlagSet("", flag.ContinueOnError)
		set.SetOutput(io.Discard)
		for _, f := range c.Command.Flags {
			_ = f.Apply(set) // as the library has
		}
		if err := set.Parse(left[1:]); err != nil {
			return nil, UsageError(c, err, true)
		}
		left = set.Args()
	}
	for _, f := range c.Command.Flags {
		if err := f.(*Option).parse(nil); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// parse reads what the command line gives, or else the environment, or else a file. What a
// file gives for an option that adds comes first.
func (o *Option) parse(file []Given) error {
	var given []Given
	for _, text := range o.Takes.texts {
		given = append(given, Given{"--" + o.Name + " ", text})
	}
	if o.Env != "" && len(given) == 0 && os.Getenv(o.Env) != "" { // a Compose file sets ${X:-} to nothing
		given = []Given{{o.Env + "=", os.Getenv(o.Env)}}
	}
	if len(given) == 0 || o.adds {
		given = slices.Concat(file, given)
	}
	if n := len(given); !o.Takes.Many && n > 1 {
		given = given[n-1:]
	}
	o.given = given
	for _, g := range given {
		if err := o.Takes.parse(g.Text); err != nil {
			return exit.Usagef("%s%s: %w", g.Where, Quoted(g.Text), err)
		}
	}
	return nil
}

func Quoted(text string) string {
	if strings.TrimSpace(text) == "" {
		return `""`
	}
	return text
}
