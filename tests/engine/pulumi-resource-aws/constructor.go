package main

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// A constructor is one of the official SDK's functions New…, with what it answers when it is asked.
type constructor struct {
	// inputs and outputs are the plain structs of properties.
	inputs, outputs reflect.Type
	// arguments makes the struct that the function takes, empty.
	arguments func() reflect.Value
	construct func(context *pulumi.Context, name string, arguments reflect.Value) error

	uniqueInputs, replacingInputs []string
	// reads says what is found of the properties; everything, if it is not set.
	reads forgetting

	// What follows is known when the constructor has been asked.
	token                       string
	requiredInputs              []string
	secretInputs, secretOutputs map[string]bool
}

// resourceOf wraps a constructor of the SDK.
func resourceOf[Args interface{ ElementType() reflect.Type }, Resource any](
	construct func(*pulumi.Context, string, *Args, ...pulumi.ResourceOption) (*Resource, error),
) *constructor {
	var empty Args
	return &constructor{
		inputs:    empty.ElementType(),
		outputs:   reflect.TypeFor[Resource](),
		arguments: func() reflect.Value { return reflect.ValueOf(new(Args)) },
		construct: func(context *pulumi.Context, name string, arguments reflect.Value) error {
			_, err := construct(context, name, arguments.Interface().(*Args))
			return err
		},
		secretInputs:  map[string]bool{},
		secretOutputs: map[string]bool{},
	}
}

// unique names the inputs that tell one resource of the type from another.
func (c *constructor) unique(inputs ...string) *constructor {
	c.uniqueInputs = inputs
	return c
}

// replaces names further inputs whose change replaces the resource.
func (c *constructor) replaces(inputs ...string) *constructor {
	c.replacingInputs = inputs
	return c
}

// keeps says what the provider finds of the properties when it reads the resource.
func (c *constructor) keeps(reads forgetting) *constructor {
	c.reads = reads
	return c
}

// A function is one of the SDK's functions Get…, with what it answers here.
type function struct {
	inputs, outputs reflect.Type
	call            func(*pulumi.Context) error
	answer          func(place) any

	// token is known when the function has been asked.
	token string
}

// functionOf wraps a function of the SDK.
func functionOf[Args, Result any](
	get func(*pulumi.Context, *Args, ...pulumi.InvokeOption) (*Result, error),
	answer func(place) Result,
) *function {
	return &function{
		inputs:  reflect.TypeFor[Args](),
		outputs: reflect.TypeFor[Result](),
		call: func(context *pulumi.Context) error {
			_, err := get(context, new(Args))
			return err
		},
		answer: func(in place) any { return answer(in) },
	}
}
