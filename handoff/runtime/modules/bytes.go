package modules

import (
	"fmt"
	"strconv"
	"strings"
)

// Bytes is a string of any bytes in a line of JSON, as our scripts write it: each byte
// is the code point of that number. File names, arguments and variables need not be
// UTF-8, which JSON's strings are.
type Bytes string

// UnmarshalText undoes that.
func (b *Bytes) UnmarshalText(text []byte) error {
	var out strings.Builder
	for _, r := range string(text) {
		if r > 0xff {
			return fmt.Errorf("%q is not a byte", r)
		}
		out.WriteByte(byte(r))
	}
	*b = Bytes(out.String())
	return nil
}

// Strings are those of a list; nil if it was not there.
func Strings(list []Bytes) []string {
	if list == nil {
		return nil
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// Plan is lists of strings of any bytes but NUL, which no file name, argument and
// variable has, for a script that reads no JSON: before each list its length in digits,
// and behind each item, and each length, a NUL.
func Plan(lists ...[]string) ([]byte, error) {
	var out []byte
	for _, list := range lists {
		out = append(strconv.AppendInt(out, int64(len(list)), 10), 0)
		for _, s := range list {
			if strings.IndexByte(s, 0) >= 0 {
				return nil, fmt.Errorf("%q has a NUL", s)
			}
			out = append(append(out, s...), 0)
		}
	}
	return out, nil
}
