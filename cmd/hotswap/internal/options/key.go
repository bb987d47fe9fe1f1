package options

import "strings"

// Key is an option as a file has it.
type Key struct {
	Name    string // drain_timeout
	Option  string // drain-timeout
	Shows   string // what the help shows as its value
	Help    string
	Many    bool // it takes a list
	Boolean bool
	Also    bool     // true and false are possible, too
	Words   []string // the only values; nil: others are possible
	// Check reports a value that the option does not take. Values of a list are checked in order.
	Check func(text string) error
}

// Keys returns every option.
func Keys() (keys []Key) {
	var o Options
	for _, f := range o.Flags() {
		row := f.(*option)
		keys = append(keys, Key{
			Name: KeyName(row.name), Option: row.name, Shows: row.value(), Help: row.help,
			Many: row.takes.many, Boolean: row.takes.boolean && !row.takes.also, Also: row.takes.also, Words: row.takes.words, Check: row.takes.parse,
		})
	}
	return keys
}

// KeyName returns the key of an option in a file.
func KeyName(option string) string { return strings.ReplaceAll(option, "-", "_") }
