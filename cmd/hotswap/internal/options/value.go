package options

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
)

// value implements flag.Value: it collects the texts that the command line gives.
type value struct {
	parse   func(text string) error // into a field
	boolean bool                    // the text may be left out
	Many    bool                    // each text adds to the others; otherwise the last counts
	Words   []string                // the only texts; nil: others are possible
	shows   string                  // the form of the texts, unless the option says so
	texts   []string
}

func (v *value) Set(text string) error {
	v.texts = append(v.texts, text)
	return nil
}

// String returns the last text. The library reads --help and --version by it.
func (v *value) String() string {
	if len(v.texts) == 0 {
		return ""
	}
	return v.texts[len(v.texts)-1]
}

func (v *value) IsBoolFlag() bool { return v.boolean }

// into returns a value that parse reads into the field to.
func into[T any](to *T, parse func(text string) (T, error)) *value {
	return &value{parse: func(text string) error {
		v, err := parse(text)
		if err == nil {
			*to = v
		}
		return err
	}}
}

// list returns a value of which parse reads each text into an element of the field to.
func list[T any](to *[]T, parse func(text string) (T, error)) *value {
	return &value{Many: true, parse: func(text string) error {
		v, err := parse(strings.TrimSpace(text))
		if err == nil {
			*to = append(*to, v)
		}
		return err
	}}
}

func asIs(text string) (string, error) { return text, nil }

func enabled(to *bool) *value {
	v := into(to, func(text string) (bool, error) {
		yes, err := strconv.ParseBool(text)
		if err != nil {
			err = errors.New("give true or false")
		}
		return yes, err
	})
	v.boolean = true
	return v
}

// parseEvents reads FILE or fd:N, which is a file of this process (proc_pid_fd(5)).
func parseEvents(text string) (string, error) {
	n, ok := strings.CutPrefix(text, "fd:")
	if !ok {
		return text, nil
	}
	fd, err := parseCount(n)
	return "/dev/fd/" + strconv.Itoa(fd), err
}

func parseCount(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		err = errors.New("give a whole number such as 1, or 0")
	}
	return int(n), err
}

// duration returns a time that is neither negative nor, where it is positive, 0.
func duration(to *time.Duration, positive bool) *value {
	v := into(to, func(text string) (time.Duration, error) {
		d, err := time.ParseDuration(text)
		switch {
		case err != nil:
			return 0, errors.New("give a time such as 500ms or 10s")
		case positive && d <= 0:
			return 0, errors.New("give a time longer than 0, such as 500ms or 10s")
		case d < 0:
			return 0, errors.New("give a time such as 2s, or 0")
		}
		return d, nil
	})
	v.shows = "DURATION"
	return v
}

// oneOf returns a value that is one of words, with "|" between them, which have these meanings.
func oneOf[T any](to *T, words string, meanings ...T) *value {
	all := strings.Split(words, "|")
	v := into(to, func(text string) (T, error) {
		if i := slices.Index(all, text); i >= 0 {
			return meanings[i], nil
		}
		return *to, errors.New("give " + strings.Join(all, " or "))
	})
	v.Words, v.shows = all, words
	return v
}

// Switch and Number return a flag of a sub-command, which Parse reads into to.
func Switch(to *bool, name, alias, help string) cli.Flag {
	return &Option{Name: name, Alias: alias, Help: help, Takes: enabled(to)}
}

func Number(to *int, name, help string) cli.Flag {
	return &Option{Name: name, Shows: "N", Help: help, Takes: into(to, parseCount)}
}

// Duration is the option of a sub-command for a time longer than 0.
func Duration(to *time.Duration, name, help string) cli.Flag {
	return &Option{Name: name, Shows: "DURATION", Help: help, Takes: duration(to, true)}
}

func parseBuild(command string) (rule.Rule, error) {
	if command == "" {
		return rule.Rule{}, errors.New("give a command, such as --build 'go build -o tmp/app .'")
	}
	return rule.Rule{Where: BuildName, Run: command}, nil
}
