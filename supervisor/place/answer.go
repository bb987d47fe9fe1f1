package place

import (
	"encoding/base64"
	"encoding/json"
	"strconv"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// answers are lines for a client that are not written yet.
type answers struct{ buf []byte }

// begin begins the answer to a request.
func (a *answers) begin(id int64) *answers {
	a.buf = append(a.buf, '{')
	if id != 0 {
		a.buf = strconv.AppendInt(append(a.buf, `"id":`...), id, 10)
	}
	return a
}

func (a *answers) field(name string) {
	if a.buf[len(a.buf)-1] != '{' {
		a.buf = append(a.buf, ',')
	}
	a.buf = append(append(append(a.buf, '"'), name...), '"', ':')
}

func (a *answers) text(name, value string) *answers {
	a.field(name)
	a.buf = appendText(a.buf, value)
	return a
}

func (a *answers) number(name string, n uint64) *answers {
	a.field(name)
	a.buf = strconv.AppendUint(a.buf, n, 10)
	return a
}

func (a *answers) truth(name string, b bool) *answers {
	a.field(name)
	a.buf = strconv.AppendBool(a.buf, b)
	return a
}

func (a *answers) value(v store.Value) *answers {
	if v.JSON != nil {
		a.field("value")
		a.buf = append(a.buf, v.JSON...)
		return a
	}
	a.field("bytes")
	a.buf = append(base64.StdEncoding.AppendEncode(append(a.buf, '"'), v.Bytes), '"')
	return a
}

func (a *answers) item(i store.Item) *answers { return a.value(i.Value).number("version", i.Version) }

func (a *answers) end() { a.buf = append(a.buf, '}', '\n') }

// fail adds an error.
func (a *answers) fail(id int64, e *protocolError) {
	a.begin(id).text("error", e.text).text("code", e.code)
	if e.version != nil {
		a.number("version", *e.version)
	}
	a.end()
}

// failure returns the line of an error.
func failure(id int64, e *protocolError) []byte {
	var a answers
	a.fail(id, e)
	return a.buf
}

// appendText adds a JSON string.
func appendText(dst []byte, s string) []byte {
	for i := range len(s) {
		if b := s[i]; b < 0x20 || b == '"' || b == '\\' || b >= 0x7f {
			quoted, _ := json.Marshal(s) // a string has no error
			return append(dst, quoted...)
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}
