package main

import (
	"fmt"
	"reflect"
	"regexp"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ask runs constructors and functions with samples, and notes what the SDK then sends to the engine: tokens, and what
// is required and secret.
func ask(constructors []*constructor, functions []*function) error {
	engine := &listener{constructors: map[string]*constructor{}}
	for _, constructor := range constructors {
		engine.constructors[constructor.outputs.String()] = constructor
	}
	program := func(context *pulumi.Context) error {
		for name, constructor := range engine.constructors {
			if err := constructor.ask(context, name); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		for _, function := range functions {
			if err := function.call(context); err != nil {
				return fmt.Errorf("%s: %w", function.outputs, err)
			}
			function.token = engine.called
		}
		return nil
	}
	return pulumi.RunErr(program, pulumi.WithMocks("schema", "schema", engine))
}

var requiredArgument = regexp.MustCompile(`^invalid value for required argument '(\w+)'$`)

// ask constructs the resource with what is required only, then with everything.
func (c *constructor) ask(context *pulumi.Context, name string) error {
	arguments := c.arguments()
	for err := c.construct(context, name, arguments); err != nil; err = c.construct(context, name, arguments) {
		match := requiredArgument.FindStringSubmatch(err.Error())
		if match == nil {
			return err
		}
		field, _ := c.inputs.FieldByName(match[1])
		c.requiredInputs = append(c.requiredInputs, field.Tag.Get("pulumi"))
		fill(arguments.Elem().FieldByName(match[1]))
	}
	arguments = c.arguments()
	for index := range arguments.Elem().NumField() {
		fill(arguments.Elem().Field(index))
	}
	return c.construct(context, name, arguments)
}

// fill sets an argument to a sample: an output of the type that it takes.
func fill(argument reflect.Value) {
	for index := range argument.Type().NumMethod() {
		output := argument.Type().Method(index).Type.Out(0)
		if !output.Implements(argument.Type()) || !output.Implements(reflect.TypeFor[pulumi.Output]()) {
			continue
		}
		element := reflect.Zero(output).Interface().(pulumi.Output).ElementType()
		argument.Set(reflect.ValueOf(resolved(element)))
		return
	}
	// What is no output of a certain type takes any.
	argument.Set(reflect.ValueOf(pulumi.String("")))
}

// resolved is an output that holds a sample of a type.
func resolved(element reflect.Type) pulumi.Output {
	signature := reflect.FuncOf([]reflect.Type{reflect.TypeFor[string]()}, []reflect.Type{element}, false)
	sample := func([]reflect.Value) []reflect.Value { return []reflect.Value{sampleOf(element)} }
	return pulumi.String("").ToStringOutput().ApplyT(reflect.MakeFunc(signature, sample).Interface())
}

func sampleOf(plain reflect.Type) reflect.Value {
	switch {
	case plain == reflect.TypeFor[pulumi.Archive]():
		return reflect.ValueOf(pulumi.NewAssetArchive(map[string]any{}))
	case plain == reflect.TypeFor[pulumi.AssetOrArchive]():
		return reflect.ValueOf(pulumi.NewStringAsset(""))
	case plain.Kind() == reflect.Pointer:
		return reflect.New(plain.Elem())
	case plain.Kind() == reflect.Slice:
		return reflect.MakeSlice(plain, 0, 0)
	case plain.Kind() == reflect.Map:
		return reflect.MakeMap(plain)
	default:
		return reflect.Zero(plain)
	}
}

// A listener stands in for the engine while the SDK is asked.
type listener struct {
	constructors map[string]*constructor
	called       string
	mutex        sync.Mutex
}

// NewResource hears what a constructor registers.
func (l *listener) NewResource(arguments pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	constructor := l.constructors[arguments.Name]
	constructor.token = arguments.TypeToken
	for property, value := range arguments.Inputs {
		if value.IsSecret() {
			constructor.secretInputs[string(property)] = true
		}
	}
	for _, property := range arguments.RegisterRPC.GetAdditionalSecretOutputs() {
		constructor.secretOutputs[property] = true
	}
	return arguments.Name, resource.PropertyMap{}, nil
}

// Call hears what a function invokes.
func (l *listener) Call(arguments pulumi.MockCallArgs) (resource.PropertyMap, error) {
	l.called = arguments.Token
	return resource.PropertyMap{}, nil
}
