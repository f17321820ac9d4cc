package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// provider answers the engine.
type provider struct {
	plugin.UnimplementedProvider

	configuration *constructor
	resources     map[string]*constructor
	functions     map[string]*function
	schema        []byte

	place place
	// owners are the resources that unique keys belong to.
	owners map[string]resource.URN
	mutex  sync.Mutex
}

// newProvider learns from the SDK what there is.
func newProvider() (*provider, error) {
	configuration, resources, functions := configuration(), catalog(), functions()
	if err := ask(append(resources, configuration), functions); err != nil {
		return nil, err
	}
	schema, err := json.Marshal(schemaOf(configuration, resources, functions))
	if err != nil {
		return nil, err
	}
	provider := &provider{
		configuration: configuration,
		resources:     map[string]*constructor{},
		functions:     map[string]*function{},
		schema:        schema,
		owners:        map[string]resource.URN{},
	}
	for _, resource := range resources {
		provider.resources[resource.token] = resource
	}
	for _, function := range functions {
		provider.functions[function.token] = function
	}
	return provider, nil
}

func (p *provider) constructor(token tokens.Type) (*constructor, error) {
	if constructor, ok := p.resources[string(token)]; ok {
		return constructor, nil
	}
	return nil, fmt.Errorf("%s is not in the catalog of the provider that stands in for AWS", token)
}

// Handshake tells the engine to send secrets as secrets.
func (p *provider) Handshake(
	context.Context, plugin.ProviderHandshakeRequest,
) (*plugin.ProviderHandshakeResponse, error) {
	return &plugin.ProviderHandshakeResponse{AcceptSecrets: true, AcceptResources: true}, nil
}

// GetPluginInfo says which version this is.
func (p *provider) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	version, err := semver.Parse(version)
	return plugin.PluginInfo{Version: &version}, err
}

// GetSchema answers with the schema made of the SDK.
func (p *provider) GetSchema(context.Context, plugin.GetSchemaRequest) (plugin.GetSchemaResponse, error) {
	return plugin.GetSchemaResponse{Schema: p.schema}, nil
}

// CheckConfig takes the configuration as it is.
func (p *provider) CheckConfig(
	_ context.Context, request plugin.CheckConfigRequest,
) (plugin.CheckConfigResponse, error) {
	return plugin.CheckConfigResponse{Properties: request.News}, nil
}

// DiffConfig says whether the configuration changed.
func (p *provider) DiffConfig(_ context.Context, request plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	if difference := request.OldInputs.Diff(request.NewInputs); difference != nil {
		return plugin.DiffConfigResponse{Changes: plugin.DiffSome, ChangedKeys: difference.ChangedKeys()}, nil
	}
	return plugin.DiffConfigResponse{Changes: plugin.DiffNone}, nil
}

// Configure notes account, region and default tags.
func (p *provider) Configure(
	_ context.Context, request plugin.ConfigureRequest,
) (plugin.ConfigureResponse, error) {
	in, complaint := placeOf(request.Inputs)
	if complaint != "" {
		return plugin.ConfigureResponse{}, errors.New(complaint)
	}
	p.place = in
	return plugin.ConfigureResponse{}, nil
}

// Create answers with what the resource would be.
func (p *provider) Create(_ context.Context, request plugin.CreateRequest) (plugin.CreateResponse, error) {
	constructor, err := p.constructor(request.Type)
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	response := plugin.CreateResponse{
		Properties: p.outputs(constructor, request.URN, request.Properties, nil, request.Preview),
		Status:     resource.StatusOK,
	}
	if request.Preview {
		return response, nil
	}
	response.ID = id(constructor, request.URN, request.Properties)
	return response, note("create", request.URN)
}

// Update answers with what the resource would then be.
func (p *provider) Update(_ context.Context, request plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	constructor, err := p.constructor(request.Type)
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	// What was an input is not computed.
	before := request.OldOutputs.Copy()
	for input := range request.OldInputs {
		delete(before, input)
	}
	response := plugin.UpdateResponse{
		Properties: p.outputs(constructor, request.URN, request.NewInputs, before, request.Preview),
		Status:     resource.StatusOK,
	}
	if request.Preview {
		return response, nil
	}
	return response, note("update", request.URN)
}

// Delete notes that the resource is gone.
func (p *provider) Delete(_ context.Context, request plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	return plugin.DeleteResponse{Status: resource.StatusOK}, note("delete", request.URN)
}

// Read finds the resource as the state has it, but for what the provider does not keep.
func (p *provider) Read(_ context.Context, request plugin.ReadRequest) (plugin.ReadResponse, error) {
	constructor, err := p.constructor(request.Type)
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	result := plugin.ReadResult{ID: request.ID, Inputs: request.Inputs, Outputs: request.State}
	if len(request.State) == 0 && len(constructor.uniqueInputs) == 1 {
		// An import: the resource is there, by its name.
		name := resource.PropertyKey(constructor.uniqueInputs[0])
		found := resource.PropertyMap{name: resource.NewStringProperty(string(request.ID))}
		result.Inputs, result.Outputs = found, found
	}
	if constructor.reads != nil {
		result.Inputs, result.Outputs = constructor.reads(result.Inputs), constructor.reads(result.Outputs)
	}
	return plugin.ReadResponse{ReadResult: result, Status: resource.StatusOK}, nil
}

// Invoke answers a function.
func (p *provider) Invoke(_ context.Context, request plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	function, ok := p.functions[string(request.Tok)]
	if !ok {
		return plugin.InvokeResponse{}, fmt.Errorf("function %s is not in the catalog", request.Tok)
	}
	answer := reflect.ValueOf(function.answer(p.place))
	properties := resource.PropertyMap{}
	for index := range answer.NumField() {
		name := answer.Type().Field(index).Tag.Get("pulumi")
		properties[resource.PropertyKey(name)] = resource.NewPropertyValue(answer.Field(index).Interface())
	}
	return plugin.InvokeResponse{Properties: properties}, nil
}

// SignalCancellation has nothing to cancel.
func (p *provider) SignalCancellation(context.Context) error {
	return nil
}

// Close has nothing to close.
func (p *provider) Close() error {
	return nil
}
