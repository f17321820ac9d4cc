package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Check refuses what AWS would refuse: a resource without what is required, and a second one of the same name.
func (p *provider) Check(_ context.Context, request plugin.CheckRequest) (plugin.CheckResponse, error) {
	constructor, err := p.constructor(request.Type)
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	response := plugin.CheckResponse{Properties: request.News}
	for _, input := range constructor.requiredInputs {
		if value, ok := request.News[resource.PropertyKey(input)]; !ok || value.IsNull() {
			response.Failures = append(response.Failures, plugin.CheckFailure{
				Property: resource.PropertyKey(input),
				Reason:   "Missing required property '" + input + "'",
			})
		}
	}
	if key := p.uniqueKey(constructor, request.News); key != "" {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		other, taken := p.owners[key]
		if taken && other != request.URN {
			response.Failures = append(response.Failures, plugin.CheckFailure{
				Property: resource.PropertyKey(constructor.uniqueInputs[len(constructor.uniqueInputs)-1]),
				Reason:   fmt.Sprintf("%s already exists as %s", key, other),
			})
		}
		p.owners[key] = request.URN
	}
	return response, nil
}

// uniqueKey is what no other resource may have too: the type, the region and the unique inputs. It is empty while it
// is not known, and where AWS would find a name of its own.
func (p *provider) uniqueKey(constructor *constructor, inputs resource.PropertyMap) string {
	if len(constructor.uniqueInputs) == 0 {
		return ""
	}
	key := map[string]any{"region": p.place.region}
	if region := plainValue(inputs["region"]); region.IsString() {
		key["region"] = region.StringValue()
	}
	for _, input := range constructor.uniqueInputs {
		value := inputs[resource.PropertyKey(input)]
		if value.ContainsUnknowns() {
			return ""
		}
		key[input] = plainValue(value).Mappable()
	}
	if key[constructor.uniqueInputs[len(constructor.uniqueInputs)-1]] == nil {
		return ""
	}
	text, err := json.Marshal(key)
	if err != nil {
		return ""
	}
	return constructor.token + " " + string(text)
}

// Diff says which inputs changed, and whether AWS can change them in place.
func (p *provider) Diff(_ context.Context, request plugin.DiffRequest) (plugin.DiffResponse, error) {
	constructor, err := p.constructor(request.Type)
	if err != nil {
		return plugin.DiffResponse{}, err
	}
	difference := request.OldInputs.Diff(request.NewInputs)
	if difference == nil {
		return plugin.DiffResponse{Changes: plugin.DiffNone}, nil
	}
	replacing := append([]string{"region"}, constructor.uniqueInputs...)
	replacing = append(replacing, constructor.replacingInputs...)
	response := plugin.DiffResponse{Changes: plugin.DiffSome, DetailedDiff: map[string]plugin.PropertyDiff{}}
	replaced := false
	for path, change := range plugin.NewDetailedDiffFromObjectDiff(difference, true) {
		input := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' })[0]
		if slices.Contains(replacing, input) {
			change.Kind = change.Kind.AsReplace()
			replaced = true
		}
		response.DetailedDiff[path] = change
	}
	if replaced {
		// While the old one has the name, the new one can't be made.
		key := p.uniqueKey(constructor, request.NewInputs)
		response.DeleteBeforeReplace = key != "" && key == p.uniqueKey(constructor, request.OldInputs)
	}
	return response, nil
}
