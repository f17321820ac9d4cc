package main

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// schemaOf makes the provider's schema of the SDK's types.
func schemaOf(provider *constructor, resources []*constructor, functions []*function) schema.PackageSpec {
	types := types{}
	config := types.resource(provider)
	spec := schema.PackageSpec{
		Name:    "aws",
		Version: version,
		// A token aws:module/resource:Resource is in the module that comes before the slash.
		Meta:      &schema.MetadataSpec{ModuleFormat: "(.*)(?:/[^/]*)"},
		Config:    schema.ConfigSpec{Variables: config.InputProperties},
		Provider:  &config,
		Resources: map[string]schema.ResourceSpec{},
		Functions: map[string]schema.FunctionSpec{},
		Types:     types,
	}
	for _, resource := range resources {
		spec.Resources[resource.token] = types.resource(resource)
	}
	for _, function := range functions {
		inputs, outputs := types.object(function.inputs), types.object(function.outputs)
		spec.Functions[function.token] = schema.FunctionSpec{Inputs: &inputs, Outputs: &outputs}
	}
	return spec
}

// types are the schema's object types so far, by token.
type types map[string]schema.ComplexTypeSpec

func (t types) resource(constructor *constructor) schema.ResourceSpec {
	inputs, outputs := t.object(constructor.inputs), t.object(constructor.outputs)
	for input := range constructor.secretInputs {
		markSecret(inputs.Properties, input)
		markSecret(outputs.Properties, input)
	}
	for output := range constructor.secretOutputs {
		markSecret(outputs.Properties, output)
	}
	return schema.ResourceSpec{
		ObjectTypeSpec:  outputs,
		InputProperties: inputs.Properties,
		// Better than what the struct says: whether a list may be left out, only the constructor knows.
		RequiredInputs: constructor.requiredInputs,
	}
}

func markSecret(properties map[string]schema.PropertySpec, name string) {
	if property, ok := properties[name]; ok {
		property.Secret = true
		properties[name] = property
	}
}

// object describes a struct's fields that are properties. A pointer, list or map may be left out.
func (t types) object(structure reflect.Type) schema.ObjectTypeSpec {
	spec := schema.ObjectTypeSpec{Type: "object", Properties: map[string]schema.PropertySpec{}}
	for index := range structure.NumField() {
		field := structure.Field(index)
		name, plain := field.Tag.Get("pulumi"), plainOf(field.Type)
		if name == "" {
			continue
		}
		spec.Properties[name] = schema.PropertySpec{TypeSpec: t.plain(plain)}
		switch plain.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		default:
			spec.Required = append(spec.Required, name)
		}
	}
	return spec
}

// plainOf is the type of the values that an output brings.
func plainOf(field reflect.Type) reflect.Type {
	if output, ok := reflect.Zero(field).Interface().(pulumi.Output); ok {
		return output.ElementType()
	}
	return field
}

// plain describes a type, and adds the structs that it is made of to the types.
func (t types) plain(plain reflect.Type) schema.TypeSpec {
	switch plain.Kind() {
	case reflect.Bool:
		return schema.TypeSpec{Type: "boolean"}
	case reflect.Int:
		return schema.TypeSpec{Type: "integer"}
	case reflect.Float64:
		return schema.TypeSpec{Type: "number"}
	case reflect.String:
		return schema.TypeSpec{Type: "string"}
	case reflect.Pointer:
		return t.plain(plain.Elem())
	case reflect.Slice:
		items := t.plain(plain.Elem())
		return schema.TypeSpec{Type: "array", Items: &items}
	case reflect.Map:
		values := t.plain(plain.Elem())
		return schema.TypeSpec{Type: "object", AdditionalProperties: &values}
	case reflect.Interface:
		switch plain {
		case reflect.TypeFor[pulumi.Archive]():
			return schema.TypeSpec{Ref: "pulumi.json#/Archive"}
		case reflect.TypeFor[pulumi.AssetOrArchive]():
			return schema.TypeSpec{Ref: "pulumi.json#/Asset"}
		}
		return schema.TypeSpec{Ref: "pulumi.json#/Any"}
	case reflect.Struct:
		token := typeToken(plain)
		if _, known := t[token]; !known {
			// Known before its fields are: it may hold itself.
			t[token] = schema.ComplexTypeSpec{}
			t[token] = schema.ComplexTypeSpec{ObjectTypeSpec: t.object(plain)}
		}
		return schema.TypeSpec{Ref: "#/types/" + token}
	}
	panic(fmt.Sprintf("%s can't be described in a schema", plain))
}

// typeToken is what Pulumi calls a struct of the SDK.
func typeToken(structure reflect.Type) string {
	_, module, _ := strings.Cut(structure.PkgPath(), "/go/aws")
	module = strings.TrimPrefix(module, "/")
	if module == "" {
		module = "index"
	}
	return fmt.Sprintf("aws:%s/%s:%s", module, structure.Name(), structure.Name())
}
