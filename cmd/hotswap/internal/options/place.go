package options

import (
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// inFile finds the file and the line in [Given.Where].
var inFile = regexp.MustCompile(`^(.+:[0-9]+):[0-9]+: `)

// Place returns where the user gave a value of an option: "hotswap.yaml:5", "HOTSWAP_IGNORE" or
// "--ignore". Without a value it returns the place of the first.
func (o *Options) Place(name, value string) string {
	i := slices.IndexFunc(o.flags, func(f cli.Flag) bool { return f.(*option).name == name })
	if i < 0 {
		return "--" + name
	}
	row := o.flags[i].(*option)
	for _, g := range row.given {
		if value != "" && g.Text != value {
			continue
		}
		if m := inFile.FindStringSubmatch(g.Where); m != nil {
			return m[1]
		}
		return strings.TrimRight(g.Where, " =")
	}
	return "--" + name
}
