package console

import "regexp"

// escapes matches escape sequences (ECMA-48; console_codes(4)): control sequences such as colours,
// strings such as titles and links, and short ones. A sequence that is cut off extends to the end.
var escapes = regexp.MustCompile(`\x1b(?:\[[\x20-\x3f]*[\x40-\x7e]?|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\?)?|[\x20-\x2f]*[\x30-\x7e]?)`)

// plain returns b without escape sequences.
func plain(b []byte) []byte { return escapes.ReplaceAll(b, nil) }
