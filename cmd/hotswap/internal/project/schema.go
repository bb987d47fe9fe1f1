package project

import (
	"maps"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
)

// SchemaURL is where editors find what the file may have: docs/hotswap.schema.json.
const SchemaURL = "https://raw.githubusercontent.com/hotswap-dev/hotswap/main/docs/hotswap.schema.json"

// schema is a JSON schema.
type schema = map[string]any

var (
	aText  = schema{"type": "string"}
	aValue = schema{"type": []string{"string", "number"}}
	aGlob  = schema{"type": "string", "minLength": 1}
	yesNo  = schema{"type": "boolean"}
)

// oneOrMore is a value or a list of such values.
func oneOrMore(s schema) schema {
	return schema{"anyOf": []schema{s, {"type": "array", "items": s}}}
}

func oneOf(words ...string) schema { return schema{"enum": words} }

// optionSchema returns the schema of an option's values.
func optionSchema(key options.Doc) schema {
	s := aValue
	switch {
	case key.Boolean:
		s = yesNo
	case key.Also:
		s = schema{"type": []string{"boolean", "string", "number"}}
	case len(key.Words) > 0:
		s = oneOf(key.Words...)
	}
	if key.Many {
		s = oneOrMore(s)
	}
	return s
}

// object returns the schema of a mapping with these keys.
func object(fields []field, more schema) schema {
	properties := schema{}
	for _, f := range fields {
		s := schema{"description": f.help}
		maps.Copy(s, f.schema)
		properties[f.name] = s
	}
	s := schema{"type": "object", "additionalProperties": false, "properties": properties}
	maps.Copy(s, more)
	return s
}

// ruleSchema returns the schema of an element of on.
func ruleSchema() schema {
	var any []schema
	for _, key := range []string{"run", "signal", "browser", "do"} {
		any = append(any, schema{"required": []string{key}})
	}
	return object(new(reader).ruleFields(new(rule.Rule)), schema{"anyOf": any})
}
