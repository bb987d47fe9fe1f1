package project

import (
	"bytes"
	"encoding/json"

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
		for k, v := range f.schema {
			s[k] = v
		}
		properties[f.name] = s
	}
	s := schema{"type": "object", "additionalProperties": false, "properties": properties}
	for k, v := range more {
		s[k] = v
	}
	return s
}

// Schema returns the JSON schema of the file, as it is in docs/hotswap.schema.json.
func Schema() []byte {
	r := new(reader)
	all := object(r.top(), schema{
		"$schema": "http://json-schema.org/draft-07/schema#", "$id": SchemaURL, "title": Name,
		"description": "What hotswap runs, and what changes of files do. See docs/rules.md.",
	})
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(all) // maps of texts
	return out.Bytes()
}

// taskSchema returns the schema of an element of once.
func taskSchema() schema {
	return object(new(reader).taskFields(new(rule.Rule)), schema{"required": []string{"run", "inputs"}})
}

// ruleSchema returns the schema of an element of on.
func ruleSchema() schema {
	var any []schema
	for _, key := range []string{"run", "signal", "browser", "do"} {
		any = append(any, schema{"required": []string{key}})
	}
	return object(new(reader).ruleFields(new(rule.Rule)), schema{"anyOf": any})
}
