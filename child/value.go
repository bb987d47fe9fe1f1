package child

import (
	"context"
	"encoding"
	"encoding/json"
	"fmt"
	"net"
	"reflect"
	"slices"
	"sync"
	"syscall"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// encode returns the value as it travels.
func encode(v any) (store.Value, error) {
	if b, ok := v.([]byte); ok {
		return store.Value{Bytes: append([]byte{}, b...)}, nil // never nil, which is no value
	}
	if t := reflect.TypeOf(v); t != nil {
		if err := travels(t); err != nil {
			return store.Value{}, err
		}
	}
	b, err := json.Marshal(v)
	if err != nil {
		return store.Value{}, err
	}
	return store.Value{JSON: b}, nil
}

// decode reads a value.
func decode[T any](v store.Value) (out T, err error) {
	if v.Bytes != nil {
		out, ok := any(slices.Clone(v.Bytes)).(T) // []byte or any
		if !ok {
			return out, fmt.Errorf("%w: the key has bytes, not JSON: ask for []byte", ErrType)
		}
		return out, nil
	}
	if _, ok := any(&out).(*[]byte); ok {
		return out, fmt.Errorf("%w: the key has JSON, not bytes: ask for json.RawMessage", ErrType)
	}
	if err := json.Unmarshal(v.JSON, &out); err != nil {
		return out, fmt.Errorf("%w: %w", ErrType, err)
	}
	return out, nil
}

var (
	connType     = reflect.TypeFor[net.Conn]()
	listenerType = reflect.TypeFor[net.Listener]()
	syscallType  = reflect.TypeFor[syscall.Conn]()
	jsonType     = reflect.TypeFor[json.Marshaler]()
	contextType  = reflect.TypeFor[context.Context]()
	textType     = reflect.TypeFor[encoding.TextMarshaler]()
)

// known has the answers of travels: reflect.Type → error or nil.
var known sync.Map

// travels returns an error if values of the type would be lost on the way. It also looks at what
// encoding/json takes for an empty object, such as a connection.
func travels(t reflect.Type) error {
	answer, ok := known.Load(t)
	if !ok {
		err := refuse(t, map[reflect.Type]bool{})
		if err == nil {
			err = refuseEmpty(t)
		}
		answer, _ = known.LoadOrStore(t, &err)
	}
	return *answer.(*error)
}

const instead = "keep it in this process by child.Local, and keep here what it is made of"

func refuse(t reflect.Type, seen map[reflect.Type]bool) error {
	if seen[t] {
		return nil
	}
	seen[t] = true
	if marshals(t) {
		return nil
	}
	for _, i := range []reflect.Type{connType, listenerType, syscallType} {
		if t.Implements(i) || reflect.PointerTo(t).Implements(i) {
			return fmt.Errorf("%v cannot be kept as a value, because it is a descriptor: pass it to child.Keep", t)
		}
	}
	if t.Implements(contextType) {
		return fmt.Errorf("%v cannot leave the process: %s", t, instead)
	}
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return fmt.Errorf("%v cannot leave the process: %s", t, instead)
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return refuse(t.Elem(), seen)
	case reflect.Struct:
		for f := range t.Fields() {
			if (f.IsExported() || f.Anonymous) && f.Tag.Get("json") != "-" {
				if err := refuse(f.Type, seen); err != nil {
					return fmt.Errorf("%v.%s: %w", t, f.Name, err)
				}
			}
		}
	}
	return nil
}

// refuseEmpty refuses a struct of which encoding/json sees no field.
func refuseEmpty(t reflect.Type) error {
	for !marshals(t) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			t = t.Elem()
			continue
		case reflect.Struct:
			for f := range t.Fields() {
				if f.IsExported() || f.Anonymous {
					return nil
				}
			}
			if t.NumField() > 0 {
				return fmt.Errorf("%v cannot leave the process, because it has no exported field: %s", t, instead)
			}
		}
		break
	}
	return nil
}

func marshals(t reflect.Type) bool {
	return t.Implements(jsonType) || t.Implements(textType) ||
		t.Kind() != reflect.Pointer && (reflect.PointerTo(t).Implements(jsonType) || reflect.PointerTo(t).Implements(textType))
}
