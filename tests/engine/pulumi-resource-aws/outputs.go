package main

import (
	"fmt"
	"maps"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// outputs are a resource's properties once it is there: its inputs, what was computed before, and strings and tags that
// AWS would compute. In a preview what would be computed is unknown.
func (p *provider) outputs(
	constructor *constructor, urn resource.URN, inputs, before resource.PropertyMap, preview bool,
) resource.PropertyMap {
	outputs := maps.Clone(inputs)
	for index := range constructor.outputs.NumField() {
		field := constructor.outputs.Field(index)
		name := resource.PropertyKey(field.Tag.Get("pulumi"))
		if name == "" {
			continue
		}
		if _, given := outputs[name]; given {
			continue
		}
		switch value, computed := before[name]; {
		case name == "tagsAll":
			outputs[name] = p.tagsAll(inputs)
		case plainOf(field.Type).Kind() != reflect.String:
		case computed:
			outputs[name] = value
		case name == "region":
			outputs[name] = resource.NewProperty(p.place.region)
		case preview:
			outputs[name] = resource.MakeComputed(resource.NewProperty(""))
		default:
			outputs[name] = resource.NewProperty(p.computed(constructor, urn, inputs, string(name)))
		}
	}
	return outputs
}

// tagsAll are a resource's tags and the provider's default tags.
func (p *provider) tagsAll(inputs resource.PropertyMap) resource.PropertyValue {
	tags := resource.PropertyMap{}
	maps.Copy(tags, p.place.defaultTags)
	if own := inputs["tags"]; own.IsObject() {
		maps.Copy(tags, own.ObjectValue())
	}
	return resource.NewProperty(tags)
}

// computed makes up what AWS would compute; no more than its form is true.
func (p *provider) computed(
	constructor *constructor, urn resource.URN, inputs resource.PropertyMap, output string,
) string {
	id := string(id(constructor, urn, inputs))
	switch {
	case output == "arn" || strings.HasSuffix(output, "Arn"):
		_, module, _ := strings.Cut(constructor.token, ":")
		service, kind, _ := strings.Cut(module, "/")
		kind, _, _ = strings.Cut(kind, ":")
		arn := fmt.Sprintf("arn:%s:%s:%s:%s:%s/%s", p.place.partition(), service, p.place.region, p.place.account, kind, id)
		if output != "arn" {
			arn += "/" + output
		}
		return arn
	case output == "name":
		return id
	default:
		return id + "-" + output
	}
}

// id is the last of the inputs that make a resource unique, or else the name that the program has for it.
func id(constructor *constructor, urn resource.URN, inputs resource.PropertyMap) resource.ID {
	if count := len(constructor.uniqueInputs); count > 0 {
		name := plainValue(inputs[resource.PropertyKey(constructor.uniqueInputs[count-1])])
		if name.IsString() {
			return resource.ID(name.StringValue())
		}
	}
	return resource.ID(urn.Name())
}
