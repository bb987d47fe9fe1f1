package report

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// docs/use.md has each field of the status beside the others of its object.
func TestStatusInDocs(t *testing.T) {
	page := string(testkit.Must(os.ReadFile("../../docs/use.md"))(t))
	_, section, _ := strings.Cut(page, "### The status\n")
	section, _, _ = strings.Cut(section, "\n## ")
	n := 0
	var check func(object string, of reflect.Type)
	check = func(object string, of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || of.PkgPath() != reflect.TypeFor[Status]().PkgPath() {
			return
		}
		_, line, found := strings.Cut(section, "\n- `"+object+"`")
		if !found { // an object in another one
			_, line, found = strings.Cut(section, "`"+object+"` (")
		}
		line, _, _ = strings.Cut(line, "\n")
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			if name == "" || name == "-" {
				continue
			}
			n++
			if object == "" {
				line, found = section, true // an object has a line of its own
			}
			if !found || !strings.Contains(line, "`"+name+"`") {
				t.Errorf("docs/use.md does not tell of %q in %q", name, object)
			}
			check(name, of.Field(i).Type)
		}
	}
	check("", reflect.TypeFor[Status]())
	if n < 60 {
		t.Errorf("there are %d fields: does the test still see them?", n)
	}
}
