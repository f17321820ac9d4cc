package main

import (
	"encoding/json"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func schemaFor(t *testing.T) schema.PackageSpec {
	t.Helper()
	provider, err := newProvider()
	if err != nil {
		t.Fatal(err)
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(provider.schema, &spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

// Pulumi's own code takes the schema.
func TestSchemaIsValid(t *testing.T) {
	_, diagnostics, err := schema.BindSpec(schemaFor(t), schema.NewCachedLoader(nil), schema.ValidationOptions{})
	if err != nil || diagnostics.HasErrors() {
		t.Fatal(err, diagnostics)
	}
}

func TestTokensAreInOrder(t *testing.T) {
	var tokens []string
	resources := catalog()
	if err := ask(resources, nil); err != nil {
		t.Fatal(err)
	}
	for _, resource := range resources {
		tokens = append(tokens, strings.ToLower(resource.token))
	}
	if !sort.StringsAreSorted(tokens) {
		t.Fatal(tokens)
	}
}

// Inputs that the catalog names exist.
func TestCatalogNamesInputs(t *testing.T) {
	for _, resource := range catalog() {
		inputs := types{}.object(resource.inputs).Properties
		for _, input := range append(resource.uniqueInputs, resource.replacingInputs...) {
			if _, ok := inputs[input]; !ok {
				t.Errorf("%s has no input %s", resource.outputs, input)
			}
		}
	}
}

// What the schema says of a few properties, as Pulumi documents it.
func TestRequiredAndSecretProperties(t *testing.T) {
	spec := schemaFor(t)
	secret := spec.Resources["aws:secretsmanager/secretVersion:SecretVersion"]
	if !secret.InputProperties["secretString"].Secret || secret.InputProperties["secretId"].Secret {
		t.Errorf("secretString alone is secret: %v", secret.InputProperties)
	}
	table := spec.Resources["aws:dynamodb/table:Table"]
	if len(table.RequiredInputs) != 0 {
		t.Errorf("required inputs of a table: %v", table.RequiredInputs)
	}
	target := spec.Resources["aws:cloudwatch/eventTarget:EventTarget"]
	if strings.Join(target.RequiredInputs, " ") != "arn rule" {
		t.Errorf("required inputs of a target: %v", target.RequiredInputs)
	}
	if _, ok := spec.Provider.InputProperties["defaultTags"]; !ok {
		t.Errorf("the provider's inputs: %v", spec.Provider.InputProperties)
	}
}

// The schema is of the version that go.mod pins.
func TestVersion(t *testing.T) {
	module, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(module), "github.com/pulumi/pulumi-aws/sdk/v7 v"+version+"\n") {
		t.Errorf("go.mod does not pin the AWS SDK at %s", version)
	}
}
