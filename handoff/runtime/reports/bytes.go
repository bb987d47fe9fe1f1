package reports

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Bytes is a string of any bytes in a line of JSON. The scripts write each byte as the
// code point of that number, because file names, arguments and variables need not be
// UTF-8.
type Bytes string

// UnmarshalText decodes the bytes.
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

// Texts is a list of such strings.
type Texts []string

// UnmarshalJSON decodes the bytes.
func (t *Texts) UnmarshalJSON(text []byte) error {
	var list []Bytes
	err := json.Unmarshal(text, &list)
	*t = Texts{}
	for _, s := range list {
		*t = append(*t, string(s))
	}
	return err
}

// Plan encodes lists of strings for a script that reads no JSON: before each list its
// length in digits, and a NUL behind each item and each length. No file name, argument or
// variable has a NUL.
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
