package main

import "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

// forgetting keeps of a resource's properties what the AWS provider keeps in its state when it reads the resource: a program
// that sets something else sees a change after each refresh.
type forgetting func(resource.PropertyMap) resource.PropertyMap

// defaultParameters are what Firehose's parameters of a Lambda processor are when they are not set; the provider leaves out
// those that have these values.
var defaultParameters = map[string]string{
	"BufferIntervalInSeconds": "60",
	"BufferSizeInMBs":         "1",
	"NumberOfRetries":         "3",
}

// withoutDefaultParameters reads a delivery stream as the provider does.
func withoutDefaultParameters(properties resource.PropertyMap) resource.PropertyMap {
	return edited(properties, func(kept []any) []any {
		result := []any{}
		for _, each := range kept {
			parameter, _ := each.(map[string]any)
			name, _ := parameter["parameterName"].(string)
			if value := parameter["parameterValue"]; value == nil || value != defaultParameters[name] {
				result = append(result, each)
			}
		}
		return result
	}, "extendedS3Configuration", "processingConfiguration", "processors", "parameters")
}

// withoutKeyOfNothing reads a function as the provider does: Lambda keeps no key for an environment that is not there.
func withoutKeyOfNothing(properties resource.PropertyMap) resource.PropertyMap {
	kept := properties.Copy()
	if _, has := kept["environment"]; !has {
		delete(kept, "kmsKeyArn")
	}
	return kept
}

// edited changes the list at a path; where there are lists on the way, in each element.
func edited(properties resource.PropertyMap, edit func([]any) []any, path ...string) resource.PropertyMap {
	var walk func(value any, path []string) any
	walk = func(value any, path []string) any {
		switch value := value.(type) {
		case map[string]any:
			if len(path) > 0 {
				if next, has := value[path[0]]; has {
					value[path[0]] = walk(next, path[1:])
				}
			}
			return value
		case []any:
			if len(path) == 0 {
				return edit(value)
			}
			for index := range value {
				value[index] = walk(value[index], path)
			}
			return value
		default:
			return value
		}
	}
	root, rest := resource.PropertyKey(path[0]), path[1:]
	kept := properties.Copy()
	if value, has := kept[root]; has && !value.ContainsSecrets() && !value.ContainsUnknowns() {
		kept[root] = resource.NewPropertyValue(walk(value.Mappable(), rest))
	}
	return kept
}
