package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/urfave/cli/v2"
)

// What the library says of arguments that it cannot read.
var (
	unknownFlag  = regexp.MustCompile(`^flag provided but not defined: --?(.+)$`)
	bareFlag     = regexp.MustCompile(`^flag needs an argument: --?(.+)$`)
	wrongValue   = regexp.MustCompile(`(?s)^invalid (?:boolean )?value "(.*)" for (?:flag )?-([\w-]+): `)
	wrongEnvName = regexp.MustCompile(`(?s)^could not parse "(.*)" as \w+ value from environment variable "(\w+)" for flag ([\w-]+): `)
)

// usageError says the same in hotswap's words: the option as people write it,
// and what it takes.
func usageError(c *cli.Context, err error, _ bool) error {
	text := err.Error()
	if m := unknownFlag.FindStringSubmatch(text); m != nil {
		return exit.Usagef("unknown option %s; see hotswap --help", dashed(m[1]))
	}
	if m := bareFlag.FindStringSubmatch(text); m != nil {
		return exit.Usagef("%s needs a value; see hotswap --help", dashed(m[1]))
	}
	flags := slices.Concat(c.App.Flags, c.Command.Flags)
	if m := wrongValue.FindStringSubmatch(text); m != nil {
		return exit.Usagef("%s %s: %s", dashed(m[2]), m[1], takes(flags, m[2]))
	}
	if m := wrongEnvName.FindStringSubmatch(text); m != nil {
		return exit.Usagef("%s=%s: %s", m[2], m[1], takes(flags, m[3]))
	}
	return exit.Usagef("%s; see hotswap --help", strings.TrimSuffix(text, "."))
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// takes is what the flag of this name is to be given.
func takes(flags []cli.Flag, name string) string {
	for _, f := range flags {
		if !slices.Contains(f.Names(), name) {
			continue
		}
		switch f.(type) {
		case *cli.DurationFlag:
			return "give a time such as 500ms or 10s"
		case *cli.IntFlag:
			return "give a whole number"
		case *cli.BoolFlag:
			return "give true or false, or leave the value out"
		}
	}
	return "see hotswap --help"
}
