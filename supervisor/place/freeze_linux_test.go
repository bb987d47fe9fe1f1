package place

import (
	"fmt"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A new hotswap would have nothing of what this one keeps: that refuses an upgrade, and an upgrade under way refuses
// that.
func TestFreeze(t *testing.T) {
	w := begin(t, 1)
	w.at("1 serving")
	c := w.client(1)
	for i, op := range []struct{ keep, kept, end, ended string }{
		{`"op":"set","key":"k","value":1`, `"version":1`, `"op":"delete","key":"k"`, `"deleted":true`},
		{`"op":"add","key":"k"`, `"value":1,"version":3`, `"op":"delete","key":"k"`, `"deleted":true`},
		{`"op":"define","key":"k"`, `"run":true`, `"op":"failed"`, `"error":"the initializer failed","code":"failed"`},
		{`"op":"lease","name":"l"`, `"event":"granted"`, `"op":"release"`, `"released":true`},
	} {
		say := func(request, answer string) {
			c.ask(fmt.Sprintf(`{"id":%d,%s}`, i+2, request), fmt.Sprintf(`{"id":%d,%s}`, i+2, answer))
		}
		say(op.keep, op.kept)
		if _, _, err := w.Freeze(); err == nil {
			t.Error("nothing refuses after", op.keep)
		}
		testkit.NoError(t, w.Thaw())
		say(op.end, op.ended)
		_, _, err := w.Freeze()
		testkit.NoError(t, err)
		say(op.keep, `"error":"another hotswap takes over","code":"unavailable"`)
		testkit.NoError(t, w.Thaw())
	}
}
