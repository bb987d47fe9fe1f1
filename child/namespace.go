package child

// Namespace is a part of the keys: two namespaces have no key in common. A program whose new version stores
// something else under the same keys names a namespace for each version.
//
//	var v2 = child.Namespace("v2")
//	cart, err := child.Get[Cart](ctx, v2.Key("cart"))
type Namespace string

// Key returns the key of that name in the namespace. Key("") is the prefix of all of them, for [List] and
// [WatchPrefix].
func (n Namespace) Key(name string) string { return string(n) + "/" + name }
