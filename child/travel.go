package child

import (
	"context"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"reflect"
	"sync"
	"syscall"
	"unicode/utf8"
)

var (
	connType     = reflect.TypeFor[net.Conn]()
	listenerType = reflect.TypeFor[net.Listener]()
	syscallType  = reflect.TypeFor[syscall.Conn]()
	jsonType     = reflect.TypeFor[json.Marshaler]()
	contextType  = reflect.TypeFor[context.Context]()
	textType     = reflect.TypeFor[encoding.TextMarshaler]()
)

// known has the answers of travels: reflect.Type → *verdict.
var known sync.Map

// verdict says how values of a type travel.
type verdict struct {
	err     error // they would be lost
	dynamic bool  // they have interfaces, whose values have types of their own
}

// travels says how values of the type travel. It also looks at what encoding/json takes for an empty object, such
// as a connection.
func travels(t reflect.Type) *verdict {
	answer, ok := known.Load(t)
	if !ok {
		v := &verdict{}
		v.err = v.look(t, map[reflect.Type]bool{})
		answer, _ = known.LoadOrStore(t, v)
	}
	return answer.(*verdict)
}

const instead = "keep it in this process by child.Local, and keep here what it is made of"

func (v *verdict) look(t reflect.Type, seen map[reflect.Type]bool) error {
	if seen[t] || marshals(t) {
		return nil
	}
	seen[t] = true
	for _, i := range []reflect.Type{connType, listenerType, syscallType} {
		if t.Implements(i) || reflect.PointerTo(t).Implements(i) {
			return fmt.Errorf("%v cannot be kept as a value, because it is a descriptor: keep it in this process by child.Local", t)
		}
	}
	if t.Implements(contextType) {
		return fmt.Errorf("%v cannot leave the process: %s", t, instead)
	}
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return fmt.Errorf("%v cannot leave the process: %s", t, instead)
	case reflect.Interface:
		v.dynamic = true
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return v.look(t.Elem(), seen)
	case reflect.Struct:
		some, err := v.fields(t, seen)
		if err == nil && !some && t.NumField() > 0 {
			err = fmt.Errorf("%v cannot leave the process, because it has no exported field: %s", t, instead)
		}
		return err
	}
	return nil
}

// fields looks at the fields of a struct, and says whether encoding/json sees some.
func (v *verdict) fields(t reflect.Type, seen map[reflect.Type]bool) (some bool, err error) {
	for f := range t.Fields() {
		switch {
		case !visible(f):
		case f.Tag.Get("json") == "-":
			some = true // the program leaves it out
		case f.Anonymous && f.Type.Kind() == reflect.Struct && !marshals(f.Type): // its fields are this one's
			inner, err := v.fields(f.Type, seen)
			if err != nil {
				return true, err
			}
			some = some || inner
		default:
			some = true
			if err := v.look(f.Type, seen); err != nil {
				return true, fmt.Errorf("%v.%s: %w", t, f.Name, err)
			}
		}
	}
	return some, nil
}

// visible reports whether encoding/json looks at the field.
func visible(f reflect.StructField) bool { return f.IsExported() || f.Anonymous }

func marshals(t reflect.Type) bool {
	return t.Implements(jsonType) || t.Implements(textType) ||
		t.Kind() != reflect.Pointer && (reflect.PointerTo(t).Implements(jsonType) || reflect.PointerTo(t).Implements(textType))
}

var errText = errors.New("a string that is not UTF-8 would be changed by JSON: pass it as a []byte of its own")

// walk returns an error if something in the value would be lost on the way that its type does not show. The value
// is one that encoding/json has taken, so it does not contain itself.
func walk(v reflect.Value) error {
	if !v.IsValid() || marshals(v.Type()) {
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return errText
		}
	case reflect.Interface:
		if !v.IsNil() {
			if err := travels(v.Elem().Type()).err; err != nil {
				return err
			}
		}
		return walk(v.Elem())
	case reflect.Pointer:
		return walk(v.Elem())
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() <= reflect.Complex128 { // numbers and bytes
			return nil
		}
		for i := range v.Len() {
			if err := walk(v.Index(i)); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
	case reflect.Map:
		for i := v.MapRange(); i.Next(); {
			err := walk(i.Key())
			if err == nil {
				err = walk(i.Value())
			}
			if err != nil {
				return fmt.Errorf("[%q]: %w", fmt.Sprint(i.Key()), err)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); visible(f) && f.Tag.Get("json") != "-" {
				if err := walk(v.Field(i)); err != nil {
					return fmt.Errorf("%v.%s: %w", v.Type(), f.Name, err)
				}
			}
		}
	}
	return nil
}
